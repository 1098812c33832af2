import { expect, it } from "vitest";
import { type Column, countOf, type Edits, edited, wantedOf } from "./schema";

const column: Column = { name: "features.zip", kind: "numeric", role: "feature", why: "" };
const none: Edits = { seen: 3, columns: {}, segments: null };

it("keeps what is changed, of each column together", () => {
  const once = edited(none, column, { kind: "category" });
  const twice = edited(once, column, { role: "ignore" });
  expect(twice.columns).toEqual({ "features.zip": { kind: "category", role: "ignore" } });
  expect(countOf(twice)).toBe(1);
  expect(twice.seen).toBe(3);
});

it("forgets what is as it was", () => {
  const there = edited(none, column, { kind: "text" });
  expect(edited(there, column, { kind: "numeric" })).toEqual(none);
});

it("says nothing of segments that stay", () => {
  expect(wantedOf(none, "x")).toEqual({ columns: {}, why: "x" });
  expect(wantedOf({ ...none, segments: [] }, "")).toEqual({ columns: {}, segments: [], why: "" });
});
