/** States as people say them. */
import type { OrderStatus, Parcel, PrintStatus } from "../api/schema";

/** Which of the palette's tones a state has. */
export type Tone = "neutral" | "busy" | "moving" | "good" | "bad" | "muted";

export const ORDER_TONES: Record<OrderStatus, Tone> = {
  received: "neutral",
  waiting: "neutral",
  printing: "busy",
  printed: "moving",
  shipping: "moving",
  delivered: "good",
  failed: "bad",
  cancelled: "muted",
  closed: "muted",
};

export const PRINT_TONES: Record<PrintStatus, Tone> = {
  none: "muted",
  held: "neutral",
  waiting: "neutral",
  modelling: "busy",
  queued: "neutral",
  printing: "busy",
  done: "good",
  failed: "bad",
  cancelled: "muted",
};

/** "partially_paid" → "partially paid". */
export function paymentWord(payment: string): string {
  return payment.replaceAll("_", " ") || "unknown";
}

const CARRIERS: Readonly<Record<string, string>> = {
  bpost: "bpost",
  dhl: "DHL",
  dpd: "DPD",
  gls: "GLS",
  postnl: "PostNL",
  ups: "UPS",
};

/** The name a carrier's code stands for; an unknown code as it is. */
export function carrierName(code: string): string {
  return CARRIERS[code.toLowerCase()] ?? code;
}

/** "en_route" → "en route". */
export function parcelStatus(parcel: Parcel): string {
  return parcel.status.replaceAll("_", " ");
}

export function parcelTone(parcel: Parcel): Tone {
  switch (parcel.status) {
    case "delivered":
      return "good";
    case "failed":
      return "bad";
    case "cancelled":
      return "muted";
    default:
      return "moving";
  }
}
