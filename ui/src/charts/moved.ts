/** How far columns were from a reference, span by span: its own spans, then those compared. */
import * as Plot from "@observablehq/plot";
import { digits } from "../components/numbers";
import { asRows, type Drawing, distinct, lines, rowsOf, tip } from "./drawing";
import { insetOf, PALE } from "./heat";

/** A distance of 1 is the mark from which on it matters. */
export interface Moved {
  /** In words, where each span begins, then where the last one ends. */
  starts: readonly string[];
  current_from: number;
  columns: readonly (readonly [name: string, distances: readonly (number | null)[]])[];
}

interface Cell {
  name: string;
  from: number;
  to: number;
  value: number;
  span: string;
}

const ROW = 20;
const TOP = 3;
/** Pixels of a letter of a time, and of what stands between two. */
const DIGIT = 6;
const SPACE = 24;
const SIDE = 60;

export function moved({ starts, current_from: border, columns }: Moved): Drawing {
  const names = distinct(columns.map(([name]) => name));
  const count = starts.length - 1;
  const rows = columns.flatMap(([, distances], row) =>
    distances.flatMap((value, place): Cell[] =>
      value === null
        ? []
        : [
            {
              name: names[row] ?? "",
              from: place,
              to: place + 1,
              value,
              span: `${starts[place]} to ${starts[place + 1]}`,
            },
          ],
    ),
  );
  const over = new Set(rows.filter((each) => each.value >= 1).map((each) => each.name));
  return {
    title: "Over time",
    unit: "distance from the reference, from pale to three times the warning mark",
    summary: over.size
      ? `Past the warning mark: ${[...over].slice(0, 3).join(", ")}`
      : "None is past the warning mark",
    rows: asRows(rows),
    height: names.length * ROW + 48,
    empty: { title: "No span has enough rows" },
    draw: (width) => {
      const room = names.length > 1 ? Math.min(180, width * 0.34) : 8;
      const each = (width - room) / count;
      return {
        ...rowsOf(names, room),
        ...(names.length > 1 ? {} : { y: { axis: null } }),
        marginTop: 20,
        marginRight: 8,
        x: {
          type: "linear",
          label: null,
          domain: [0, count],
          ticks: ticksOf(starts, border, each),
          tickFormat: (place: number) => starts[place] ?? "",
        },
        color: { ...PALE, domain: [0, TOP] },
        marks: [
          Plot.rect(rows, {
            x1: "from",
            x2: "to",
            y: "name",
            fill: "value",
            inset: insetOf(count, width),
            rx: 2,
          }),
          ...sides(border, count, each),
          tip(rows, Plot.pointer, {
            x: (cell) => (cell.from + cell.to) / 2,
            y: "name",
            title: (cell) =>
              lines(cell.name, cell.span, `${digits(cell.value)} times the warning mark`),
          }),
        ],
      };
    },
  };
}

/** As many as there is room for: where the compared ones begin, and from there both ways.  Where
 * some begin with a day and others within one, days are enough. */
export function ticksOf(starts: readonly string[], border: number, each: number): number[] {
  const longest = Math.min(...starts.map((start) => start.length));
  const step = (longest * DIGIT + SPACE) / each;
  // A word stands on both sides of its place, and must not be cut.
  const edge = (longest * DIGIT) / 2 / each;
  const places = starts
    .map((_start, place) => place)
    .filter((place) => starts[place]?.length === longest)
    .filter((place) => place >= edge && place <= starts.length - 1 - edge);
  const apart = (found: number[], place: number): number[] =>
    found.every((other) => Math.abs(other - place) >= step) ? [...found, place] : found;
  const after = places.filter((place) => place >= border).reduce(apart, []);
  return places.filter((place) => place < border).reduceRight(apart, after);
}

/** Which side is which, where both have room for the word. */
function sides(border: number, count: number, each: number): Plot.Markish[] {
  if (border <= 0 || border >= count) return [];
  const rule = Plot.ruleX([border], { stroke: "currentColor", strokeWidth: 1.5 });
  const word = (text: string, textAnchor: "start" | "end") =>
    Plot.text([border], {
      x: (place: number) => place,
      text: () => text,
      frameAnchor: "top",
      dy: -10,
      dx: textAnchor === "end" ? -6 : 6,
      textAnchor,
      fill: "currentColor",
    });
  return [
    rule,
    ...(border * each > SIDE ? [word("reference", "end")] : []),
    ...((count - border) * each > SIDE ? [word("current", "start")] : []),
  ];
}
