/** Each feature a row, each step a cell: the darker, the further away from the reference. */
import * as Plot from "@observablehq/plot";
import type { Drift } from "../api/model";
import { short as count, digits } from "../components/numbers";
import { asRows, type Drawing, lines, moment, rowsOf, tip } from "./drawing";
import { cells, insetOf, PALE, short } from "./heat";

const ROW = 20;

export function drift(found: Drift, features: readonly string[], metric: string): Drawing {
  const rows = cells(found, features);
  const names = features.map(short);
  const steps = new Set(rows.map((each) => each.time.getTime())).size;
  return {
    title: "Drift over time",
    unit: `${metric.toUpperCase()} against the reference, from pale to 0.3 and more`,
    summary: `${features.length} features, the furthest first: ${names.slice(0, 3).join(", ")}`,
    rows: asRows(rows),
    height: names.length * ROW + 34,
    empty: { title: "Nothing to compare yet", why: "It needs a reference, and rows after it." },
    draw: (width) => ({
      ...rowsOf(names, Math.min(180, width * 0.34)),
      marginTop: 4,
      x: { type: "utc", label: null },
      color: { ...PALE, domain: [0, 0.3] },
      marks: [
        Plot.rect(rows, {
          x1: "time",
          x2: "until",
          y: "feature",
          fill: "value",
          inset: insetOf(steps, width),
          rx: 2,
        }),
        tip(rows, Plot.pointer, {
          x: (each) => new Date((each.time.getTime() + each.until.getTime()) / 2),
          y: "feature",
          title: (each) =>
            lines(
              each.feature,
              moment(each.time),
              `${metric} ${digits(each.value)}: ${each.status}`,
              `${count(each.n)} rows`,
            ),
        }),
      ],
    }),
  };
}
