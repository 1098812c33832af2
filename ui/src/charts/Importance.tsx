import * as Plot from "@observablehq/plot";
import { useCallback } from "react";
import { percent } from "../components/numbers";
import { Chart } from "./Chart";
import { apart, type Course, type Weight } from "./importance";

const ROW = 24;
const HEIGHT = 240;
/** How much of the height of a picture a line of words takes. */
const LINE = 0.075;
const clip = (name: string): string => (name.length > 22 ? `${name.slice(0, 21)}…` : name);

/** What the model decides by, now and before: its part of all that is added. */
export function Importance({ rows, against }: { rows: Weight[]; against: string }) {
  const names = rows.map((each) => each.feature);
  const draw = useCallback(
    (width: number): Plot.PlotOptions => ({
      marginLeft: Math.min(170, width * 0.38),
      marginRight: 16,
      x: { label: null, grid: true, zero: true, tickFormat: percent, ticks: width < 500 ? 4 : 7 },
      y: { label: null, domain: names, tickSize: 0, tickFormat: clip },
      marks: [
        Plot.barX(rows, {
          y: "feature",
          x: "now",
          fill: "var(--series)",
          fillOpacity: 0.35,
          rx: 2,
          insetTop: 4,
          insetBottom: 4,
        }),
        Plot.ruleY(
          rows.filter((each) => each.low !== null),
          { y: "feature", x1: "low", x2: "high", stroke: "var(--series)", strokeWidth: 2.5 },
        ),
        Plot.dot(
          rows.filter((each) => each.before !== null),
          { y: "feature", x: "before", symbol: "diamond", r: 4.5, fill: "var(--other)" },
        ),
        Plot.tip(
          rows,
          Plot.pointerY({
            y: "feature",
            x: (each: Weight) => Math.max(each.now ?? 0, each.before ?? 0),
            title: (each: Weight) =>
              `${each.feature}\nnow ${percent(each.now)}${
                each.low === null ? "" : `, ${percent(each.low)} to ${percent(each.high)}`
              }\n${against} ${percent(each.before)}`,
            fill: "var(--panel)",
          }),
        ),
      ],
    }),
    [rows, names, against],
  );
  return (
    <Chart
      title="What counts"
      unit={`part of all that is added: bars now, diamonds ${against}`}
      summary={rows
        .slice(0, 3)
        .map((each) => `${each.feature} ${percent(each.now)}`)
        .join(", ")}
      rows={rows as unknown as Record<string, unknown>[]}
      height={names.length * ROW + 40}
      empty={{ title: "Nothing was explained in this time" }}
      draw={draw}
    />
  );
}

/** The same over time, of what counts most. */
export function ImportanceCourse({ rows }: { rows: Course[] }) {
  const known = rows.filter((each) => Number.isFinite(each.share));
  const last = [...new Map(known.map((each) => [each.feature, each])).values()];
  const most = Math.max(...known.map((each) => each.share), 0);
  const heights = apart(
    last.map((each) => each.share),
    most * LINE,
  );
  const words = last.map((each, place) => ({ ...each, height: heights[place] }));
  const draw = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 48,
      marginRight: 110,
      x: { type: "utc", label: null },
      y: { label: null, grid: true, zero: true, tickFormat: percent },
      color: { scheme: "Observable10" },
      marks: [
        Plot.lineY(rows, {
          x: "time",
          y: "share",
          z: "feature",
          stroke: "feature",
          strokeWidth: 2,
        }),
        Plot.dot(known, { x: "time", y: "share", fill: "feature", r: 2.5 }),
        Plot.text(words, {
          x: "time",
          y: "height",
          text: (each) => clip(each.feature).slice(0, 18),
          fill: "feature",
          dx: 8,
          textAnchor: "start",
        }),
        Plot.tip(
          known,
          Plot.pointer({
            x: "time",
            y: "share",
            title: (each) =>
              `${each.feature}\n${each.time.toUTCString().slice(5, 22)}\n${percent(each.share)}`,
            fill: "var(--panel)",
          }),
        ),
      ],
    }),
    [rows, known, words],
  );
  return (
    <Chart
      title="Over time"
      unit="part of all that is added, of what counts most"
      summary={`${known.length} points`}
      rows={known as unknown as Record<string, unknown>[]}
      height={HEIGHT}
      empty={{ title: "Nothing was explained in this time" }}
      draw={draw}
    />
  );
}
