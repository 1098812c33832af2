import * as Plot from "@observablehq/plot";
import { useCallback } from "react";
import type { Shown } from "../api/client";
import { percent, short } from "../components/numbers";
import { Chart } from "./Chart";

/** How often what was said with a probability came true. */
export function Calibration({ bands }: { bands: Shown["Band"][] }) {
  const draw = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 44,
      x: { domain: [0, 1], label: "said", tickFormat: (value: number) => percent(value), ticks: 5 },
      y: {
        domain: [0, 1],
        label: null,
        grid: true,
        tickFormat: (value: number) => percent(value),
        ticks: 5,
      },
      r: { range: [2, 11] },
      marks: [
        Plot.line(
          [
            [0, 0],
            [1, 1],
          ],
          { stroke: "var(--unknown)", strokeDasharray: "3 3" },
        ),
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
        Plot.tip(
          bands,
          Plot.pointer({
            x: "score",
            y: "happened",
            title: (each) =>
              `said ${percent(each.score)}\ncame true ${percent(each.happened)}\n${short(each.count)} labels`,
            fill: "var(--panel)",
          }),
        ),
      ],
    }),
    [bands],
  );
  return (
    <Chart
      title="Calibration"
      unit="how often it came true, by the probability that was said"
      summary={`${bands.length} bands of scores`}
      rows={bands as unknown as Record<string, unknown>[]}
      height={260}
      empty={{ title: "No score says how sure the model was" }}
      draw={draw}
    />
  );
}
