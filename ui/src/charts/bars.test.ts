import { describe, expect, it } from "vitest";
import type { FeatureProfile } from "../api/model";
import { bars, isBinned, ticksOf, together } from "./bars";

const feature = (picture: FeatureProfile["picture"]): FeatureProfile =>
  ({ name: "features.x", facet: "", picture }) as FeatureProfile;

describe("bars", () => {
  it("puts what is beside the scale at its ends, where there is any", () => {
    const found = bars(
      feature({
        edges: [0, 1, 2],
        reference: [0.4, 0.6],
        current: [0.1, 0.2],
        below: [0, 0],
        above: [0, 0.7],
        missing: [0, 0],
      }),
    );
    expect(found.map((each) => [each.name, each.reference, each.current])).toEqual([
      ["0 – 1", 0.4, 0.1],
      ["1 – 2", 0.6, 0.2],
      ["above 2", 0, 0.7],
    ]);
  });

  it("takes categories as they come", () => {
    const told = feature({ labels: ["", "b"], reference: [1, 0], current: [0, 1], special: 0 });
    expect(bars(told).map((each) => each.name)).toEqual(["(empty)", "b"]);
    expect(isBinned(told)).toBe(false);
  });

  it("keeps a value apart from a group of the same name", () => {
    const told = feature({
      labels: ["missing", "b", "missing"],
      reference: [0.5, 0.3, 0.2],
      current: [0.1, 0.3, 0.6],
      special: 1,
    });
    expect(bars(told).map((each) => each.name)).toEqual(["missing", "b", "missing (2)"]);
  });

  const scale = (edges: number[], facet = "") => ({
    ...feature({
      edges,
      reference: edges.slice(1).map(() => 0.5),
      current: edges.slice(1).map(() => 0.5),
      below: [0, 0],
      above: [0, 0],
      missing: [0, 0],
    }),
    facet,
  });

  it("writes neighbours on a narrow scale with as many digits as tell them apart", () => {
    const edges = Array.from({ length: 41 }, (_, place) => 1_700_000_000 + 900 * place);
    const names = bars(scale(edges)).map((each) => each.name);
    expect(new Set(names).size).toBe(40);
    expect(names[0]).toBe("1.7000000e9 – 1.7000009e9");
  });

  it("writes days since 1970 as dates, and as times where they are short", () => {
    expect(bars(scale([19_786, 19_787, 19_788], "day"))[1]?.name).toBe("2024-03-05 – 2024-03-06");
    expect(bars(scale([19_786, 19_786.25], "day"))[0]?.name).toBe("03-04 00:00 – 03-04 06:00");
    expect(bars(scale([1e12, 2e12], "day"))[0]?.name).toBe("1.00e12 – 2.00e12");
  });

  it("is nothing of nothing", () => {
    expect(bars(feature(null))).toEqual([]);
  });
});

describe("two sides in one picture", () => {
  const binned = (current: number[], edges = [0, 1]) =>
    feature({
      edges,
      reference: [9],
      current,
      below: [9, 0.1],
      above: [9, 0],
      missing: [9, current[0] ?? 0],
    });

  it("are the present of both, and never the reference", () => {
    const found = together(binned([0.9]), binned([0.4]));
    expect(bars(found).map((each) => [each.name, each.reference, each.current])).toEqual([
      ["below 0", 0.1, 0.1],
      ["0 – 1", 0.9, 0.4],
      ["missing", 0.9, 0.4],
    ]);
  });

  it("are none where the scales differ", () => {
    expect(together(binned([1]), binned([1], [0, 2])).picture).toBeNull();
    expect(together(binned([1]), feature(null)).picture).toBeNull();
  });

  it("have the categories of either", () => {
    const a = feature({ labels: ["x", "y"], reference: [9, 9], current: [0.3, 0.7], special: 0 });
    const b = feature({ labels: ["y", "z"], reference: [9, 9], current: [0.8, 0.2], special: 0 });
    expect(bars(together(a, b)).map((each) => [each.name, each.reference, each.current])).toEqual([
      ["x", 0.3, 0],
      ["y", 0.7, 0.8],
      ["z", 0, 0.2],
    ]);
  });
});

it("writes only as many words below the bars as there is room for", () => {
  const rows = Array.from({ length: 40 }, (_, place) => ({
    name: `${place}`,
    from: `${place}`,
    reference: 0,
    current: 0,
  }));
  expect(ticksOf(rows, 520).size).toBeLessThanOrEqual(10);
  expect(ticksOf(rows, 10_000).size).toBe(40);
});
