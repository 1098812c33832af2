import * as Plot from "@observablehq/plot";
import { useCallback } from "react";
import { digits, short } from "../components/numbers";
import { Chart } from "./Chart";

export interface GroupPoint {
  group: string;
  value: number;
  low: number | null;
  high: number | null;
  n: number;
}

interface Props {
  title: string;
  unit: string;
  points: GroupPoint[];
  format?: (value: number) => string;
}

const ROW = 26;

/** A figure of each group, with its interval: where intervals lie apart, so do the groups. */
export function Groups({ title, unit, points, format = digits }: Props) {
  const names = points.map((each) => each.group);
  const draw = useCallback(
    (width: number): Plot.PlotOptions => ({
      marginLeft: Math.min(150, width * 0.34),
      marginRight: 16,
      x: {
        label: null,
        grid: true,
        nice: true,
        ticks: width < 500 ? 4 : 7,
        tickFormat: (value: number) => format(value),
      },
      y: { label: null, domain: names, tickSize: 0, tickFormat: clip },
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
        Plot.tip(
          points,
          Plot.pointerY({
            y: "group",
            x: "value",
            title: (each: GroupPoint) =>
              [
                each.group,
                format(each.value),
                each.low === null || each.high === null
                  ? ""
                  : `95 %: ${format(each.low)} to ${format(each.high)}`,
                `${short(each.n)} rows`,
              ]
                .filter(Boolean)
                .join("\n"),
            fill: "var(--panel)",
          }),
        ),
      ],
    }),
    [points, names, format],
  );
  return (
    <Chart
      title={title}
      unit={unit}
      summary={points.map((each) => `${each.group} ${format(each.value)}`).join(", ")}
      rows={points as unknown as Record<string, unknown>[]}
      height={names.length * ROW + 40}
      empty={{ title: "No group has enough rows for it" }}
      draw={draw}
    />
  );
}

const clip = (name: string): string => (name.length > 20 ? `${name.slice(0, 19)}…` : name);
