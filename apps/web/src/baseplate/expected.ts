import type { MadeBaseplate } from "../api/client";

/** "It prints in about 1 h 25 min and takes 12 g." Empty when nobody said so. */
export function expected({ seconds, grams }: Pick<MadeBaseplate, "seconds" | "grams">, locale?: string): string {
  if (seconds === null || grams === null) {
    return "";
  }
  const weight = new Intl.NumberFormat(locale, { maximumFractionDigits: grams < 10 ? 1 : 0 }).format(grams);
  return `It prints in about ${duration(seconds)} and takes ${weight} g.`;
}

function duration(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}
