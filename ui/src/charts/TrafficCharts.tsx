import * as Plot from "@observablehq/plot";
import { useCallback } from "react";
import type { Shown } from "../api/client";
import { digits, percent, short } from "../components/numbers";
import { Chart } from "./Chart";

type Traffic = Shown["TrafficSeries"];

interface Props {
  found: Traffic;
  height?: number;
}

const X = { type: "utc", label: null } as const;
const rowsOf = (found: Traffic) =>
  found.data_points.map(({ timestamp, calls }) => ({ time: new Date(timestamp), ...calls }));
type Row = ReturnType<typeof rowsOf>[number];
const moment = (row: Row): string => row.time.toUTCString().slice(5, 22);

/** Predictions a minute. */
export function ThroughputChart({ found, height = 200 }: Props) {
  const rows = rowsOf(found);
  const draw = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 48,
      x: X,
      y: { label: null, grid: true, zero: true, tickFormat: short },
      marks: [
        Plot.areaY(rows, {
          x: "time",
          y: "throughput_per_minute",
          fill: "var(--series)",
          fillOpacity: 0.15,
        }),
        Plot.lineY(rows, { x: "time", y: "throughput_per_minute", stroke: "var(--series)" }),
        Plot.tip(
          rows,
          Plot.pointerX({
            x: "time",
            y: "throughput_per_minute",
            title: (each: Row) =>
              `${moment(each)}\n${short(each.throughput_per_minute)} a minute\n${short(each.total_predictions)} predictions`,
            fill: "var(--panel)",
          }),
        ),
      ],
    }),
    [rows],
  );
  return (
    <Chart
      title="Traffic"
      unit="predictions a minute"
      summary={`${short(found.total.total_predictions)} predictions in all`}
      rows={rows}
      height={height}
      empty={{ title: "No prediction came in this time" }}
      draw={draw}
    />
  );
}

const QUANTILES = [
  ["p50_latency_ms", "p50"],
  ["p95_latency_ms", "p95"],
  ["p99_latency_ms", "p99"],
] as const;

/** How long calls took. */
export function LatencyChart({ found, height = 200 }: Props) {
  const rows = rowsOf(found).flatMap((row) =>
    QUANTILES.flatMap(([field, name]) =>
      row[field] === null ? [] : { time: row.time, quantile: name, value: row[field] },
    ),
  );
  const draw = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 48,
      marginRight: 32,
      x: X,
      y: { label: null, grid: true, zero: true },
      marks: [
        Plot.lineY(rows, {
          x: "time",
          y: "value",
          z: "quantile",
          stroke: "var(--series)",
          strokeOpacity: (each) => ({ p50: 1, p95: 0.7, p99: 0.45 })[each.quantile as "p50"],
        }),
        Plot.text(
          rows,
          Plot.selectLast({
            x: "time",
            y: "value",
            z: "quantile",
            text: "quantile",
            dx: 6,
            textAnchor: "start",
          }),
        ),
        Plot.tip(
          rows,
          Plot.pointer({
            x: "time",
            y: "value",
            title: (each) =>
              `${each.time.toUTCString().slice(5, 22)}\n${each.quantile} ${digits(each.value)} ms`,
            fill: "var(--panel)",
          }),
        ),
      ],
    }),
    [rows],
  );
  return (
    <Chart
      title="Latency"
      unit="milliseconds of a call"
      summary={`The median is ${digits(found.total.p50_latency_ms)} ms`}
      rows={rows}
      height={height}
      empty={{
        title: "No call says how long it took",
        why: "Log prediction_latency_ms to see it.",
      }}
      draw={draw}
    />
  );
}

/** Calls that failed. */
export function ErrorsChart({ found, height = 200 }: Props) {
  const rows = rowsOf(found).filter((each) => each.error_rate !== null);
  const draw = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 48,
      x: X,
      y: { label: null, grid: true, zero: true, tickFormat: (value: number) => percent(value) },
      marks: [
        Plot.lineY(rows, { x: "time", y: "error_rate", stroke: "var(--critical)" }),
        Plot.tip(
          rows,
          Plot.pointerX({
            x: "time",
            y: "error_rate",
            title: (each: Row) => `${moment(each)}\n${percent(each.error_rate)} of calls failed`,
            fill: "var(--panel)",
          }),
        ),
      ],
    }),
    [rows],
  );
  return (
    <Chart
      title="Errors"
      unit="share of calls"
      summary={`${percent(found.total.error_rate)} of calls failed`}
      rows={rows}
      height={height}
      empty={{ title: "No call says whether it failed" }}
      draw={draw}
    />
  );
}
