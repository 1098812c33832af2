/** What the model decides by: its part of all that is added. */
import * as Plot from "@observablehq/plot";
import { percent } from "../components/numbers";
import { apart, asRows, clip, type Drawing, lines, moment, rowsOf, tip } from "./drawing";
import type { Course, Weight } from "./weights";

const ROW = 24;
const HEIGHT = 240;
/** How much of the height of a picture a line of words takes. */
const LINE = 0.075;
const EMPTY = { title: "Nothing was explained in this time" };

/** Now and before. */
export function importance(rows: readonly Weight[], against: string): Drawing {
  const names = rows.map((each) => each.feature);
  return {
    title: "What counts",
    unit: `part of all that is added: bars now, diamonds ${against}`,
    summary: rows
      .slice(0, 3)
      .map((each) => `${each.feature} ${percent(each.now)}`)
      .join(", "),
    rows: asRows(rows),
    height: names.length * ROW + 40,
    empty: EMPTY,
    draw: (width) => ({
      ...rowsOf(names, Math.min(170, width * 0.38)),
      marginRight: 16,
      x: { label: null, grid: true, zero: true, tickFormat: percent, ticks: width < 500 ? 4 : 7 },
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
        tip(rows, Plot.pointerY, {
          y: "feature",
          x: (each) => Math.max(each.now ?? 0, each.before ?? 0),
          title: (each) =>
            lines(
              each.feature,
              `now ${percent(each.now)}${
                each.low === null ? "" : `, ${percent(each.low)} to ${percent(each.high)}`
              }`,
              `${against} ${percent(each.before)}`,
            ),
        }),
      ],
    }),
  };
}

/** Over time, of what counts most. */
export function importanceCourse(rows: readonly Course[]): Drawing {
  const known = rows.filter((each) => Number.isFinite(each.share));
  const last = [...new Map(known.map((each) => [each.feature, each])).values()];
  const most = Math.max(...known.map((each) => each.share), 0);
  const heights = apart(
    last.map((each) => each.share),
    most * LINE,
  );
  const words = last.map((each, place) => ({ ...each, height: heights[place] }));
  return {
    title: "Over time",
    unit: "part of all that is added, of what counts most",
    summary: `${known.length} points`,
    rows: asRows(known),
    height: HEIGHT,
    empty: EMPTY,
    draw: () => ({
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
          text: (each) => clip(each.feature, 18),
          fill: "feature",
          dx: 8,
          textAnchor: "start",
        }),
        tip(known, Plot.pointer, {
          x: "time",
          y: "share",
          title: (each) => lines(each.feature, moment(each.time), percent(each.share)),
        }),
      ],
    }),
  };
}
