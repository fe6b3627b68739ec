import { describe, expect, it } from "vitest";

import { formatAge, formatMoney, formatMs, keepSizesWhole } from "./format";

describe("formatMoney", () => {
  it("writes the currency as the locale does", () => {
    expect(formatMoney("49.90", "EUR", "en-GB")).toBe("€49.90");
    expect(formatMoney("1249.9", "EUR", "nl-BE")).toMatch(/1\.249,90/);
    expect(formatMoney("1200", "JPY", "en-GB")).toBe("JP¥1,200");
  });

  it("shows what it cannot format as it came", () => {
    expect(formatMoney("49.90", "", "en-GB")).toBe("49.90 ");
    expect(formatMoney("many", "EUR", "en-GB")).toBe("many EUR");
  });
});

describe("formatAge", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");

  it.each([
    ["2026-03-01T12:00:05Z", "just now"],
    ["2026-03-01T11:59:01Z", "just now"],
    ["2026-03-01T11:59:00Z", "1m ago"],
    ["2026-03-01T10:00:01Z", "1h ago"],
    ["2026-02-28T12:00:00Z", "yesterday"],
    ["2026-02-20T12:00:00Z", "9d ago"],
  ])("%s is %s", (moment, said) => {
    expect(formatAge(moment, now, "en-US")).toBe(said);
  });
});

describe("formatMs", () => {
  it("has a decimal only where it says something", () => {
    expect([0.04, 3.14, 9.96, 12.4].map((ms) => formatMs(ms, "en-GB"))).toEqual(["0.0 ms", "3.1 ms", "10.0 ms", "12 ms"]);
  });
});

it("keeps sizes on one line", () => {
  expect(keepSizesWhole("Plate 4 × 3 × 5, 2 x 1")).toBe("Plate 4\u00a0×\u00a03\u00a0×\u00a05, 2\u00a0x\u00a01");
  expect(keepSizesWhole("x 3 × many")).toBe("x 3 × many");
});
