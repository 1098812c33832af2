/** How often what was said with a probability came true. */
import * as Plot from "@observablehq/plot";
import type { Shown } from "../api/client";
import { percent, short } from "../components/numbers";
import { asRows, type Drawing, lines, tip } from "./drawing";

const SHARES = { domain: [0, 1], tickFormat: (value: number) => percent(value), ticks: 5 };
const TRUTH = [
  [0, 0],
  [1, 1],
] as const;

export function calibration(bands: readonly Shown["Band"][]): Drawing {
  return {
    title: "Calibration",
    unit: "up: how often it came true; across: the probability that was said",
    summary: `${bands.length} bands of scores`,
    rows: asRows(bands),
    height: 260,
    empty: { title: "No score says how sure the model was" },
    draw: () => ({
      marginLeft: 44,
      x: { ...SHARES, label: null },
      y: { ...SHARES, label: null, grid: true },
      r: { range: [2, 11] },
      marks: [
        Plot.line(TRUTH, { stroke: "var(--unknown)", strokeDasharray: "3 3" }),
        Plot.line(bands, {
          x: "score",
          y: "happened",
          stroke: "var(--series)",
          strokeOpacity: 0.5,
        }),
        Plot.dot(bands, {
          x: "score",
          y: "happened",
          r: "count",
          fill: "var(--series)",
          fillOpacity: 0.75,
        }),
        tip(bands, Plot.pointer, {
          x: "score",
          y: "happened",
          title: (each) =>
            lines(
              `said ${percent(each.score)}`,
              `came true ${percent(each.happened)}`,
              `${short(each.count)} labels`,
            ),
        }),
      ],
    }),
  };
}
