import { expect, it } from "vitest";
import { ago, fromField, spanOf, toField } from "./time";

it("gives a moment back as it was taken, to the minute", () => {
  const told = "2026-03-29T01:59:00.000Z";
  expect(fromField(toField(told))).toBe(told);
});

it("takes no half a date for a moment", () => {
  expect(fromField("")).toBeNull();
  expect(fromField("2026-13-40T00:00")).toBeNull();
});

it("says spans in the unit that fits", () => {
  expect([spanOf(0), spanOf(89), spanOf(7_200), spanOf(200_000)]).toEqual([
    "0 s",
    "89 s",
    "2 h",
    "2 d",
  ]);
});

it("says of what is to come that it is", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(ago("2026-01-01T02:00:00Z", now)).toBe("in 2 h");
  expect(ago(null, now)).toBe("never");
});
