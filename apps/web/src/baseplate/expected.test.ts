import { expect, it } from "vitest";

import { expected } from "./expected";

it.each([
  [5100, 12.34, "It prints in about 1 h 25 min and takes 12 g."],
  [393, 3.66, "It prints in about 7 min and takes 3.7 g."],
  [3, 0, "It prints in about 1 min and takes 0 g."],
])("says what %s seconds and %s grams are", (seconds, grams, text) => {
  expect(expected({ seconds, grams }, "en-GB")).toBe(text);
});

it("says nothing where nobody sliced", () => {
  expect(expected({ seconds: null, grams: null })).toBe("");
});
