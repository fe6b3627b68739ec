import { useState } from "react";
import type { SyntheticEvent } from "react";

import type { Address, OrderDetails } from "../api/schema";

const FIELDS: readonly { name: keyof Address; label: string; fill: string; required?: boolean }[] = [
  { name: "name", label: "Name", fill: "name" },
  { name: "address", label: "Street", fill: "address-line1", required: true },
  { name: "house_number", label: "House number", fill: "address-line2" },
  { name: "postal_code", label: "Postal code", fill: "postal-code" },
  { name: "city", label: "City", fill: "address-level2", required: true },
  { name: "country", label: "Country (two letters)", fill: "country", required: true },
];

interface Props {
  order: OrderDetails;
  /** Resolves to what went wrong, or null. */
  onSave: (address: Address) => Promise<string | null>;
}

/** Where the parcel goes, and a form to correct it while that makes a difference. */
export function AddressForm({ order, onSave }: Props) {
  const [address, setAddress] = useState<Address>(order.address);
  const [problem, setProblem] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const { name, address: street, house_number: number, postal_code: code, city, country } = order.address;
  const lines = [name, `${street} ${number}`, `${code} ${city}`, country].map((line) => line.trim()).filter(Boolean);
  const made = order.parcel !== null && (order.parcel.status !== "failed" || order.parcel.tracking_number !== "");
  const changeable = !made && order.status !== "cancelled" && order.redacted_at === null;

  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    setSaving(true);
    setProblem(await onSave(address));
    setSaving(false);
  };
  return (
    <>
      <address>{lines.length > 0 ? lines.join(", ") : "No address"}</address>
      {changeable && (
        <details open={order.waits?.code === "address"}>
          <summary>Correct the address</summary>
          <form className="address-form" onSubmit={(event) => void save(event)}>
            {FIELDS.map((field) => (
              <label key={field.name}>
                {field.label}
                <input
                  value={address[field.name]}
                  autoComplete={field.fill}
                  required={field.required ?? false}
                  maxLength={field.name === "country" ? 2 : 200}
                  onChange={(event) => {
                    setAddress({ ...address, [field.name]: event.target.value });
                  }}
                />
              </label>
            ))}
            {problem && (
              <p className="problem" role="alert">
                {problem}
              </p>
            )}
            <button className="button button-small" type="submit" disabled={saving}>
              {saving ? "Saving…" : "Ship it there"}
            </button>
          </form>
        </details>
      )}
    </>
  );
}
