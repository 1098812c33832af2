/** What was said against what was true: shares of each row, so that a rare class is seen too. */
import * as Plot from "@observablehq/plot";
import type { Shown } from "../api/client";
import { percent, whole } from "../components/numbers";
import { asRows, clip, type Drawing, LETTER, lines, rowsOf, tip } from "./drawing";

const MOST = 12;
const ROW = 30;
/** Pixels in which a share cannot be read. */
const NARROW = 46;

export function confusion(cells: readonly Shown["Cell"][]): Drawing {
  const totals = new Map<string, number>();
  for (const each of cells) totals.set(each.actual, (totals.get(each.actual) ?? 0) + each.count);
  const names = [...new Set(cells.flatMap((each) => [each.actual, each.predicted]))]
    .sort((a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0))
    .slice(0, MOST);
  const counts = new Map(
    cells.map((each) => [JSON.stringify([each.actual, each.predicted]), each.count]),
  );
  const rows = names.flatMap((actual) =>
    names.map((predicted) => {
      const count = counts.get(JSON.stringify([actual, predicted])) ?? 0;
      return { actual, predicted, count, share: count / (totals.get(actual) || 1) };
    }),
  );
  const right = rows
    .filter((each) => each.actual === each.predicted)
    .map((each) => `${percent(each.share)} of ${each.actual} right`);
  return {
    title: "Confusion",
    unit: "rows: what was true; columns: what was said",
    summary: right.join(", "),
    rows: asRows(rows),
    height: names.length * ROW + 34,
    empty: { title: "There are no classes to confuse" },
    draw: (width) => {
      const margin = Math.min(120, width * 0.3);
      const room = (width - margin) / Math.max(names.length, 1);
      return {
        ...rowsOf(names, margin),
        marginTop: 26,
        marginBottom: 4,
        x: {
          axis: room < LETTER * 3 ? null : "top",
          domain: names,
          label: null,
          tickSize: 0,
          tickFormat: (name: string) => clip(name, Math.max(Math.floor(room / LETTER), 2)),
        },
        marks: [
          Plot.cell(rows, {
            x: "predicted",
            y: "actual",
            fill: (each) => (each.actual === each.predicted ? "var(--series)" : "var(--other)"),
            fillOpacity: (each) => 0.04 + 0.3 * each.share,
            inset: 1,
            rx: 3,
          }),
          room < NARROW
            ? null
            : Plot.text(rows, {
                x: "predicted",
                y: "actual",
                text: (each) => percent(each.share),
              }),
          tip(rows, Plot.pointer, {
            x: "predicted",
            y: "actual",
            title: (each) =>
              lines(
                `true ${each.actual}, said ${each.predicted}`,
                `${whole(each.count)} of ${whole(totals.get(each.actual))}`,
              ),
          }),
        ],
        opacity: { type: "identity" },
      };
    },
  };
}
