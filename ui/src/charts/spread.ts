/** How errors are spread: bars, and above them where the middle half and nine in ten of them lie. */
import * as Plot from "@observablehq/plot";
import type { Shown } from "../api/client";
import { digits, percent } from "../components/numbers";
import { asRows, type Drawing, lines, tip } from "./drawing";

type Output = Shown["OutputErrors"];
type Side = Shown["SpreadShown"];

interface Bar {
  from: number;
  to: number;
  now: number;
  other: number | null;
}

/** What stands beside it. */
const USUAL = "the reference";
const COLOURS = { now: "var(--other)", other: "var(--series)" };

export function spread(output: Output, other: string = USUAL): Drawing {
  const bars = barsOf(output);
  const sides = sidesOf(output);
  const top = Math.max(...bars.flatMap((each) => [each.now, each.other ?? 0]));
  const median = output.now.quantiles.median;
  return {
    title: output.output ? `Errors of ${output.output}` : "Errors",
    unit: `orange now${output.other ? `, blue ${other}` : ""}: share of labels by prediction − truth`,
    summary: `half of the errors are at most ${digits(median?.value)}`,
    rows: asRows(bars),
    height: 250,
    empty: { title: "No label tells an error of this time" },
    draw: (width) => ({
      marginLeft: 48,
      marginRight: 16,
      marginBottom: 28,
      x: {
        label: null,
        domain: [output.edges[0] ?? 0, output.edges.at(-1) ?? 1],
        ticks: width < 500 ? 4 : 8,
        tickFormat: (value: number) => digits(value),
      },
      y: {
        label: null,
        grid: true,
        domain: [0, top * (1.08 + 0.1 * sides.length)],
        ticks: 5,
        tickFormat: (value: number) => percent(value),
      },
      marks: [
        ...sides.map(([name]) =>
          Plot.rectY(bars, {
            x1: "from",
            x2: "to",
            y: name,
            fill: COLOURS[name],
            fillOpacity: 0.45,
            insetLeft: 0.5,
            insetRight: 0.5,
          }),
        ),
        Plot.ruleX([0], { stroke: "var(--unknown)", strokeDasharray: "3 3" }),
        ...sides.flatMap(([name, side], place) =>
          box(side, top * (1.08 + 0.1 * place), COLOURS[name]),
        ),
        tip(bars, Plot.pointerX, {
          x: (each) => (each.from + each.to) / 2,
          y: (each) => Math.max(each.now, each.other ?? 0),
          title: (each) =>
            lines(
              `${digits(each.from)} to ${digits(each.to)}`,
              `now ${percent(each.now)}`,
              each.other === null ? "" : `${other} ${percent(each.other)}`,
            ),
        }),
      ],
    }),
  };
}

/** The reference lies under the present. */
function sidesOf({ now, other }: Output): ["now" | "other", Side][] {
  return other
    ? [
        ["other", other],
        ["now", now],
      ]
    : [["now", now]];
}

const barsOf = ({ edges, now, other }: Output): Bar[] =>
  now.counts.map((count, place) => ({
    from: edges[place] ?? 0,
    to: edges[place + 1] ?? 0,
    now: count / now.n,
    other: other ? (other.counts[place] ?? 0) / other.n : null,
  }));

/** Nine in ten, half, and the median. */
function box({ quantiles }: Side, y: number, colour: string) {
  const at = (name: string): number | undefined => quantiles[name]?.value;
  const line = (low: string, high: string, strokeWidth: number, strokeOpacity: number) =>
    Plot.ruleY([y], {
      x1: at(low),
      x2: at(high),
      stroke: colour,
      strokeWidth,
      strokeOpacity,
      strokeLinecap: "round",
    });
  return [
    line("p5", "p95", 2, 0.6),
    line("p25", "p75", 6, 0.6),
    Plot.dot([y], { x: at("median"), y, r: 4.5, fill: colour, stroke: "var(--panel)" }),
  ];
}
