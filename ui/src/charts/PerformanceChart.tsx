import * as Plot from "@observablehq/plot";
import { useCallback } from "react";
import type { Shown } from "../api/client";
import type { Performance } from "../api/model";
import { digits, named, percent } from "../components/numbers";
import { Chart } from "./Chart";
import { estimatedPoints, realisedPoints } from "./performance";

interface Props {
  found: Performance;
  metric: string;
  estimates?: Shown["EstimatesShown"] | undefined;
  height?: number;
}

/** A figure over time with its interval; pale where labels still come, dashed what is expected. */
export function PerformanceChart({ found, metric, estimates, height = 260 }: Props) {
  const points = realisedPoints(found, metric);
  const expected = estimates ? estimatedPoints(estimates, metric) : [];
  const open = points.find((each) => !each.final);
  const stop = points.at(-1)?.time;
  const draw = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 48,
      x: { type: "utc", label: null },
      y: { label: null, grid: true, nice: true, tickFormat: (value: number) => digits(value) },
      marks: [
        open && stop
          ? Plot.rectX([0], { x1: open.time, x2: stop, fill: "var(--unknown)", fillOpacity: 0.08 })
          : null,
        Plot.areaY(points, {
          x: "time",
          y1: "low",
          y2: "high",
          fill: "var(--series)",
          fillOpacity: 0.16,
        }),
        Plot.areaY(expected, {
          x: "time",
          y1: "low",
          y2: "high",
          fill: "var(--other)",
          fillOpacity: 0.12,
        }),
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
          fill: (each) => (each.final ? "var(--series)" : "var(--panel)"),
          stroke: "var(--series)",
        }),
        Plot.tip(
          points,
          Plot.pointerX({
            x: "time",
            y: "value",
            title: (each) =>
              [
                each.time.toUTCString().slice(5, 22),
                `${named(metric)} ${digits(each.value, 4)}`,
                each.low === null ? "" : `95 %: ${digits(each.low, 4)} to ${digits(each.high, 4)}`,
                `${digits(each.n)} labels, ${percent(each.coverage)} of predictions`,
                each.final ? "" : "labels still come",
              ]
                .filter(Boolean)
                .join("\n"),
            fill: "var(--panel)",
          }),
        ),
      ],
    }),
    [points, expected, open, stop, metric],
  );
  const last = points.at(-1);
  return (
    <Chart
      title={named(metric)}
      unit={`with its 95 % interval${expected.length ? "; dashed: expected before labels" : ""}`}
      summary={last ? `${named(metric)} was ${digits(last.value)} lately` : `no ${named(metric)}`}
      rows={points as unknown as Record<string, unknown>[]}
      height={height}
      empty={{ title: `No label tells ${named(metric)} of this time` }}
      draw={draw}
    />
  );
}
