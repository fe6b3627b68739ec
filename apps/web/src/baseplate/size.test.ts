import { expect, it } from "vitest";

import { fileName, parseSize, plateSize } from "./size";

it("reads a size", () => {
  const size = parseSize("4", "3", "5.5");
  expect(size).toEqual({ columns: 4, rows: 3, height_mm: 5.5 });
  expect(size && plateSize(size, "en-GB")).toBe("168 × 126 × 5.5 mm");
  expect(size && fileName(size)).toBe("baseplate-4x3.stl");
});

it.each([
  ["", "3", "5"],
  ["4", "0", "5"],
  ["4.5", "3", "5"],
  ["4", "3", "-1"],
  ["four", "3", "5"],
])("refuses %s × %s × %s", (columns, rows, height) => {
  expect(parseSize(columns, rows, height)).toBeNull();
});
