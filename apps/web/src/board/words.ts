/** States as people say them. */
import type { Order, OrderStatus, Parcel, PrintStatus } from "../api/schema";

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

/** What an order waits for that nobody has to decide; null while something of it is at work, or nothing is left to do. */
export function pendingStep(order: Order): string | null {
  const prints = order.items.map((item) => item.print_job.status);
  if (order.status === "received") {
    return prints.includes("modelling") ? "Its baseplate is being modelled." : "Waits for SimplyPrint to take its prints.";
  }
  if (order.status === "printing") {
    return prints.includes("printing") ? null : "Waits for a printer.";
  }
  return order.status === "printed" ? "Waits for the carrier to take its parcel." : null;
}

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
