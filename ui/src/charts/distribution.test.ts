import { describe, expect, it } from "vitest";
import type { FeatureProfile } from "../api/model";
import { bars, isBinned, ticksOf } from "./distribution";

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

  it("is nothing of nothing", () => {
    expect(bars(feature(null))).toEqual([]);
  });
});

it("writes only as many words below the bars as there is room for", () => {
  const rows = Array.from({ length: 40 }, (_, place) => ({
    name: `${place}`,
    from: place,
    reference: 0,
    current: 0,
  }));
  expect(ticksOf(rows, 620).size).toBeLessThanOrEqual(10);
  expect(ticksOf(rows, 10_000).size).toBe(40);
});
