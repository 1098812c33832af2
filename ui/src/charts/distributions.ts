/** Both distributions of a column, such as the reference's and the present one, on one axis. */
import * as Plot from "@observablehq/plot";
import { percent } from "../components/numbers";
import { type Bar, bars, isBinned, type Pictured, ticksOf } from "./bars";
import { asRows, type Drawing, lines, rowsOf, tip } from "./drawing";
import { short } from "./heat";

/** What the blue one is, and the orange one. */
type Names = readonly [string, string];

const USUAL: Names = ["the reference", "now"];

export function distributions(feature: Pictured, names: Names = USUAL): Drawing {
  const rows = bars(feature);
  const binned = isBinned(feature);
  const [moved] = rows.toSorted((a, b) => change(b) - change(a));
  return {
    title: short(feature.name),
    unit: `share of rows: blue ${names[0]}, orange ${names[1]}`,
    summary: moved
      ? `${moved.name} moved most, from ${percent(moved.reference)} to ${percent(moved.current)}`
      : "",
    rows: asRows(rows),
    height: binned ? 220 : Math.max(120, rows.length * 24 + 40),
    empty: {
      title: "There is no picture of this column",
      why: "No rows of it came in this time.",
    },
    draw: (width) => (binned ? columns(rows, width, names) : dots(rows, width, names)),
  };
}

const change = (each: Bar): number => Math.abs(each.current - each.reference);
const SHARE = { label: null, grid: true, tickFormat: (value: number) => percent(value) };
const told =
  (names: Names) =>
  (each: Bar): string =>
    lines(
      each.name,
      `${names[0]} ${percent(each.reference)}`,
      `${names[1]} ${percent(each.current)}`,
    );

const LEFT = 48;
const RIGHT = 20;

function columns(rows: Bar[], width: number, names: Names): Plot.PlotOptions {
  const ticks = ticksOf(rows, width - LEFT - RIGHT);
  return {
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginBottom: 28,
    x: {
      type: "band",
      label: null,
      padding: 0.06,
      domain: rows.map((each) => each.name),
      ticks: [...ticks.keys()],
      tickFormat: (name: string) => ticks.get(name) ?? "",
    },
    y: SHARE,
    marks: [
      Plot.barY(rows, { x: "name", y: "reference", fill: "var(--series)", fillOpacity: 0.45 }),
      Plot.barY(rows, { x: "name", y: "current", fill: "var(--other)", fillOpacity: 0.45 }),
      tip(rows, Plot.pointerX, {
        x: "name",
        y: (each) => Math.max(each.reference, each.current),
        title: told(names),
      }),
    ],
  };
}

function dots(rows: Bar[], width: number, names: Names): Plot.PlotOptions {
  const labels = rows.map((each) => each.name);
  return {
    ...rowsOf(labels, Math.min(140, width * 0.4)),
    x: SHARE,
    marks: [
      Plot.link(rows, { y: "name", x1: "reference", x2: "current", stroke: "var(--unknown)" }),
      Plot.dot(rows, { y: "name", x: "reference", fill: "var(--series)", r: 4.5 }),
      Plot.dot(rows, { y: "name", x: "current", fill: "var(--other)", r: 4.5, symbol: "diamond" }),
      tip(rows, Plot.pointerY, { y: "name", x: "current", title: told(names) }),
    ],
  };
}
