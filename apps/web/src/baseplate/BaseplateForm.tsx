import { useState } from "react";

import { messageOf } from "../api/client";
import type { Api } from "../api/client";
import { expected } from "./expected";
import { NumberField } from "./NumberField";
import { PlatePreview } from "./PlatePreview";
import { save } from "./save";
import { fileName, parseSize, plateSize } from "./size";

/** Makes a baseplate of any size and hands over its STL file. */
export function BaseplateForm({ api }: { api: Api }) {
  const [columns, setColumns] = useState("4");
  const [rows, setRows] = useState("3");
  const [height, setHeight] = useState("5");
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<{ ok: boolean; text: string } | null>(null);
  const size = parseSize(columns, rows, height);

  const make = async () => {
    if (size === null) {
      return;
    }
    setBusy(true);
    setOutcome(null);
    try {
      const made = await api.baseplate(size);
      save(made.stl, fileName(size));
      setOutcome({ ok: true, text: [`${fileName(size)} is saved.`, expected(made)].filter(Boolean).join(" ") });
    } catch (problem) {
      setOutcome({ ok: false, text: messageOf(problem) });
    }
    setBusy(false);
  };

  return (
    <section className="baseplate" aria-labelledby="baseplate-title">
      <PlatePreview columns={size?.columns ?? 0} rows={size?.rows ?? 0} />
      <div className="baseplate-what">
        <h2 id="baseplate-title">Make a baseplate</h2>
        <p className="quiet">{size === null ? "Enter whole numbers (at most 400 cells)" : plateSize(size)}</p>
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <NumberField label="Columns" value={columns} min={1} max={1000} step={1} onChange={setColumns} />
        <NumberField label="Rows" value={rows} min={1} max={1000} step={1} onChange={setRows} />
        <NumberField label="Height (mm)" value={height} min={4.65} max={50} step={0.05} onChange={setHeight} />
        <button className="button button-primary" type="submit" disabled={busy}>
          {busy ? "Making…" : "Download STL"}
        </button>
      </form>
      <p className={outcome?.ok === false ? "problem" : "quiet"} role="status">
        {outcome?.text}
      </p>
    </section>
  );
}
