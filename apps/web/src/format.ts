/** Money and time, as the reader's locale writes them. */

/** `total` is a decimal number as text, as the API sends it. */
export function formatMoney(total: string, currency: string, locale?: string): string {
  const amount = Number(total);
  if (!Number.isFinite(amount)) {
    return `${total} ${currency}`;
  }
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount);
  } catch {
    // Not a currency code that Intl accepts.
    return `${total} ${currency}`;
  }
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "2m ago". Less than a minute, or a clock that runs ahead, is "just now". */
export function formatAge(moment: string, now: number, locale?: string): string {
  const seconds = (now - Date.parse(moment)) / 1000;
  for (const [unit, length] of STEPS) {
    if (seconds >= length) {
      const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "narrow" });
      return format.format(-Math.floor(seconds / length), unit);
    }
  }
  return "just now";
}

/** How long something has lasted: "4 min". */
export function formatDuration(since: string, now: number, locale?: string): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  const [unit, length] = STEPS.find(([, size]) => seconds >= size) ?? ["second", 1];
  const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" });
  return format.format(Math.floor(seconds / length));
}

/** Date and time in full. */
export function formatMoment(moment: string, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" }).format(Date.parse(moment));
}

/** A title whose sizes ("4 × 3") stay on one line. */
export function keepSizesWhole(title: string): string {
  return title.replace(/(?<=\d) ([×x]) (?=\d)/g, "\u00a0$1\u00a0");
}

/** Milliseconds without false precision: "0.8 ms", "12 ms". */
export function formatMs(ms: number, locale?: string): string {
  const digits = ms < 10 ? 1 : 0;
  const format = new Intl.NumberFormat(locale, { maximumFractionDigits: digits, minimumFractionDigits: digits });
  return `${format.format(ms)} ms`;
}
