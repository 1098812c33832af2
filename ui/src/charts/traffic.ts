/** How many calls came, how long they took, and how many failed. */
import * as Plot from "@observablehq/plot";
import type { Shown } from "../api/client";
import { digits, percent, short } from "../components/numbers";
import { apart, asRows, type Drawing, lines, moment, tip } from "./drawing";

type Traffic = Pick<Shown["TrafficSeries"], "data_points" | "total">;

const HEIGHT = 200;
/** How much of the height of a picture a line of words takes. */
const LINE = 0.09;
const X = { type: "utc", label: null } as const;
const rowsOf = (found: Traffic) =>
  found.data_points.map(({ timestamp, calls }) => ({ time: new Date(timestamp), ...calls }));

/** Predictions a minute. */
export function throughput(found: Traffic, height = HEIGHT): Drawing {
  const rows = rowsOf(found);
  const y = "throughput_per_minute";
  return {
    title: "Traffic",
    unit: "predictions a minute",
    summary: `${short(found.total.total_predictions)} predictions in all`,
    rows: asRows(rows),
    height,
    empty: { title: "No prediction came in this time" },
    draw: () => ({
      marginLeft: 48,
      x: X,
      y: { label: null, grid: true, zero: true, tickFormat: short },
      marks: [
        Plot.areaY(rows, { x: "time", y, fill: "var(--series)", fillOpacity: 0.15 }),
        Plot.lineY(rows, { x: "time", y, stroke: "var(--series)" }),
        tip(rows, Plot.pointerX, {
          x: "time",
          y,
          title: (each) =>
            lines(
              moment(each.time),
              `${short(each.throughput_per_minute)} a minute`,
              `${short(each.total_predictions)} predictions`,
            ),
        }),
      ],
    }),
  };
}

const QUANTILES = [
  ["p50_latency_ms", "p50", 1],
  ["p95_latency_ms", "p95", 0.7],
  ["p99_latency_ms", "p99", 0.45],
] as const;

/** How long calls took. */
export function latency(found: Traffic, height = HEIGHT): Drawing {
  const rows = rowsOf(found).flatMap((row) =>
    QUANTILES.flatMap(([field, quantile, strength]) =>
      row[field] === null ? [] : { time: row.time, quantile, value: row[field], strength },
    ),
  );
  const last = QUANTILES.flatMap(
    ([, quantile]) => rows.filter((each) => each.quantile === quantile).at(-1) ?? [],
  );
  const heights = apart(
    last.map((each) => each.value),
    Math.max(...rows.map((each) => each.value), 0) * LINE,
  );
  const words = last.map((each, place) => ({ ...each, height: heights[place] }));
  return {
    title: "Latency",
    unit: "milliseconds of a call",
    summary: `The median is ${digits(found.total.p50_latency_ms)} ms`,
    rows: rows.map(({ time, quantile, value }) => ({ time, quantile, value })),
    height,
    empty: {
      title: "No call says how long it took",
      why: "Log prediction_latency_ms to see it.",
    },
    draw: () => ({
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
          strokeOpacity: "strength",
        }),
        Plot.text(words, {
          x: "time",
          y: "height",
          text: "quantile",
          dx: 6,
          textAnchor: "start",
        }),
        tip(rows, Plot.pointer, {
          x: "time",
          y: "value",
          title: (each) => lines(moment(each.time), `${each.quantile} ${digits(each.value)} ms`),
        }),
      ],
      opacity: { type: "identity" },
    }),
  };
}

/** Calls that failed. */
export function errors(found: Traffic, height = HEIGHT): Drawing {
  const rows = rowsOf(found).filter((each) => each.error_rate !== null);
  return {
    title: "Errors",
    unit: "share of calls",
    summary: `${percent(found.total.error_rate)} of calls failed`,
    rows: asRows(rows),
    height,
    empty: { title: "No call says whether it failed" },
    draw: () => ({
      marginLeft: 48,
      x: X,
      y: { label: null, grid: true, zero: true, tickFormat: (value: number) => percent(value) },
      marks: [
        Plot.lineY(rows, { x: "time", y: "error_rate", stroke: "var(--critical)" }),
        tip(rows, Plot.pointerX, {
          x: "time",
          y: "error_rate",
          title: (each) => lines(moment(each.time), `${percent(each.error_rate)} of calls failed`),
        }),
      ],
    }),
  };
}
