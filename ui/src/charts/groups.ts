/** A figure of each group, with its interval: where intervals lie apart, so do the groups. */
import * as Plot from "@observablehq/plot";
import { digits, short } from "../components/numbers";
import { asRows, type Drawing, lines, rowsOf, tip } from "./drawing";

export interface GroupPoint {
  group: string;
  value: number;
  low: number | null;
  high: number | null;
  n: number;
}

const ROW = 26;

export function groups(
  title: string,
  unit: string,
  points: readonly GroupPoint[],
  format: (value: number) => string = digits,
): Drawing {
  const names = points.map((each) => each.group);
  return {
    title,
    unit,
    summary: points.map((each) => `${each.group} ${format(each.value)}`).join(", "),
    rows: asRows(points),
    height: names.length * ROW + 40,
    empty: { title: "No group has enough rows for it" },
    draw: (width) => ({
      ...rowsOf(names, Math.min(150, width * 0.34)),
      marginRight: 16,
      x: {
        label: null,
        grid: true,
        nice: true,
        ticks: width < 500 ? 4 : 7,
        tickFormat: (value: number) => format(value),
      },
      marks: [
        Plot.ruleY(points, {
          y: "group",
          x1: (each: GroupPoint) => each.low ?? each.value,
          x2: (each: GroupPoint) => each.high ?? each.value,
          stroke: "var(--series)",
          strokeWidth: 3,
          strokeOpacity: 0.45,
          strokeLinecap: "round",
        }),
        Plot.dot(points, { y: "group", x: "value", r: 4.5, fill: "var(--series)" }),
        tip(points, Plot.pointerY, {
          y: "group",
          x: "value",
          title: (each) =>
            lines(
              each.group,
              format(each.value),
              each.low === null || each.high === null
                ? ""
                : `95 %: ${format(each.low)} to ${format(each.high)}`,
              `${short(each.n)} rows`,
            ),
        }),
      ],
    }),
  };
}
