/** When a monitor would have alarmed, a row for each version and segment that it judges. */
import * as Plot from "@observablehq/plot";
import type { Backtest } from "../api/monitors";
import { exactly } from "../components/time";
import { asRows, type Drawing, lines, tip } from "./drawing";

const ROW = 22;

export function alarms(test: Backtest): Drawing {
  const rows = test.outcomes.flatMap((outcome) =>
    outcome.alarms.map((each) => ({
      from: new Date(each.at),
      to: new Date(each.until ?? test.end_time),
      severity: each.severity,
      reason: each.reason,
      of: [outcome.version, outcome.segment].filter(Boolean).join(", ") || "all",
    })),
  );
  const colour = (each: { severity: string }): string => `var(--${each.severity})`;
  return {
    title: "When it would have alarmed",
    unit: "",
    summary: `${rows.length} alarms: ${rows.map((each) => `${exactly(each.from)}, ${each.severity}`).join("; ")}`,
    rows: asRows(rows),
    height: 60 + ROW * new Set(rows.map((each) => each.of)).size,
    empty: { title: "No alarm" },
    draw: () => ({
      marginLeft: 60,
      x: { domain: [new Date(test.start_time), new Date(test.end_time)], label: null },
      y: { label: null },
      marks: [
        Plot.barX(rows, { x1: "from", x2: "to", y: "of", fill: colour, fillOpacity: 0.35 }),
        Plot.tickX(rows, { x: "from", y: "of", stroke: colour, strokeWidth: 2 }),
        tip(rows, Plot.pointerX, {
          x: "from",
          y: "of",
          title: (each) => lines(exactly(each.from), `${each.severity}: ${each.reason}`),
        }),
      ],
    }),
  };
}
