/** A figure over time with its interval; pale where labels still come, dashed what is expected. */
import * as Plot from "@observablehq/plot";
import { digits, named, percent } from "../components/numbers";
import { asRows, type Drawing, lines, moment, tip } from "./drawing";
import { type Expected, estimatedPoints, type Found, type Point, realisedPoints } from "./points";

export function performance(
  found: Found,
  metric: string,
  estimates: Expected | null = null,
  height = 260,
): Drawing {
  const points = realisedPoints(found, metric);
  const expected = estimates ? estimatedPoints(estimates, metric) : [];
  const last = points.at(-1);
  return {
    title: named(metric),
    unit: `with its 95 % interval${expected.length ? "; dashed: expected before labels" : ""}`,
    summary: last ? `${named(metric)} was ${digits(last.value)} lately` : `no ${named(metric)}`,
    rows: asRows(points),
    height,
    empty: { title: `No label tells ${named(metric)} of this time` },
    draw: () => ({
      marginLeft: 48,
      x: { type: "utc", label: null },
      y: { label: null, grid: true, nice: true, tickFormat: (value: number) => digits(value) },
      marks: [
        open(points),
        band(points, "var(--series)", 0.16),
        band(expected, "var(--other)", 0.12),
        Plot.lineY(expected, {
          x: "time",
          y: "value",
          stroke: "var(--other)",
          strokeDasharray: "4 3",
        }),
        Plot.lineY(points, { x: "time", y: "value", stroke: "var(--series)", strokeWidth: 2 }),
        Plot.dot(points, {
          x: "time",
          y: "value",
          r: 2.5,
          fill: (each: Point) => (each.final ? "var(--series)" : "var(--panel)"),
          stroke: "var(--series)",
        }),
        tip(points, Plot.pointerX, { x: "time", y: "value", title: (each) => told(each, metric) }),
      ],
    }),
  };
}

/** From where on labels still come. */
function open(points: readonly Point[]) {
  const first = points.find((each) => !each.final);
  const last = points.at(-1);
  return first && last
    ? Plot.rectX([0], { x1: first.time, x2: last.time, fill: "var(--unknown)", fillOpacity: 0.08 })
    : null;
}

const band = (points: readonly object[], fill: string, fillOpacity: number) =>
  Plot.areaY(points, { x: "time", y1: "low", y2: "high", fill, fillOpacity });

const told = (each: Point, metric: string): string =>
  lines(
    moment(each.time),
    `${named(metric)} ${digits(each.value, 4)}`,
    each.low === null ? "" : `95 %: ${digits(each.low, 4)} to ${digits(each.high, 4)}`,
    `${digits(each.n)} labels, ${percent(each.coverage)} of predictions`,
    each.final ? "" : "labels still come",
  );
