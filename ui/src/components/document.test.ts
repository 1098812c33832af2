import { expect, test } from "vitest";
import { read, worded, written } from "./document";

const TEXT = `name: slow
conditions:
  - max: 100
    severity: medium
  - {max: many, severity: high}
`;

test("what is read is what was written", () => {
  const { document, wrong } = read(TEXT);
  expect(wrong).toBeNull();
  expect(document).toEqual({
    name: "slow",
    conditions: [
      { max: 100, severity: "medium" },
      { max: "many", severity: "high" },
    ],
  });
  expect(read(written(document ?? {})).document).toEqual(document);
});

test("a fault has the line of its field, or of what should hold it", () => {
  const { lineOf } = read(TEXT);
  expect(lineOf("/conditions/1/max")).toBe(5);
  expect(lineOf("/conditions/0/severity")).toBe(4);
  expect(lineOf("/conditions/0/missing")).toBe(3);
  expect(lineOf("/nothing")).toBeNull();
  expect(worded({ pointer: "/conditions/1/max", detail: "must be a number" }, lineOf)).toBe(
    "Line 5, max, must be a number",
  );
});

test.each(["a: [1", "just words", "- 1", ""])("%j is no document, and says so", (text) => {
  const { document, wrong, lineOf } = read(text);
  expect(document).toBeNull();
  expect(wrong).toBeTruthy();
  expect(lineOf("/a")).toBeNull();
});
