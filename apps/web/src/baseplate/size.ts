import type { BaseplateSize } from "../api/client";

const CELL_MM = 42;

/** The size that was typed in, or null when it is none. */
export function parseSize(columns: string, rows: string, height: string): BaseplateSize | null {
  const size = { columns: Number(columns), rows: Number(rows), height_mm: Number(height) };
  const whole = Number.isInteger(size.columns) && Number.isInteger(size.rows);
  return whole && size.columns > 0 && size.rows > 0 && size.height_mm > 0 ? size : null;
}

/** "168 × 126 × 5 mm". */
export function plateSize(size: BaseplateSize, locale?: string): string {
  const format = new Intl.NumberFormat(locale);
  return `${[size.columns * CELL_MM, size.rows * CELL_MM, size.height_mm].map((n) => format.format(n)).join(" × ")} mm`;
}

export function fileName(size: BaseplateSize): string {
  return `baseplate-${size.columns}x${size.rows}.stl`;
}
