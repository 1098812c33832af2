import { expect, it } from "vitest";
import type { Explained, Explanations } from "../api/explanations";
import { apart } from "./drawing";
import { courses, weights } from "./weights";

const figure = (value: number) => ({ value, low: null, high: null, n: 1, bound: 0 });
const feature = (name: string, before: number | null, now: number | null) =>
  ({
    feature: name,
    importance_before: before === null ? null : figure(before),
    importance: now === null ? null : figure(now),
  }) as Explained;

it("puts first what counts most, now or before", () => {
  const told = weights([feature("a", 0.1, 0.2), feature("gone", 0.7, null)], 5);
  expect(told.map((each) => each.feature)).toEqual(["gone", "a"]);
  expect(told[0]?.now).toBeNull();
  expect(weights([feature("a", 0, 1), feature("b", 0, 2)], 1)).toHaveLength(1);
});

it("leaves a gap where nothing was explained", () => {
  const found = {
    data_points: [
      { timestamp: "2026-01-01T00:00:00Z", explanations: 3, revision: 1, importances: { a: 0.5 } },
      { timestamp: "2026-01-02T00:00:00Z", explanations: 0, revision: 0, importances: {} },
    ],
  } as unknown as Explanations;
  expect(courses(found, ["a"]).map((each) => each.share)).toEqual([0.5, Number.NaN]);
});

it("moves words up that would stand on each other", () => {
  expect(apart([0.5, 0.2, 0.21, 0.22], 0.1).map((each) => Math.round(each * 100))).toEqual([
    50, 20, 30, 40,
  ]);
  expect(apart([], 1)).toEqual([]);
});
