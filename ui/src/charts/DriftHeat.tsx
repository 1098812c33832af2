import * as Plot from "@observablehq/plot";
import { useCallback } from "react";
import type { Drift } from "../api/model";
import { short as count, digits } from "../components/numbers";
import { Chart } from "./Chart";
import { cells, short } from "./heat";

const ROW = 20;

interface Props {
  found: Drift;
  features: readonly string[];
  metric: string;
  onFeaturePick: (feature: string) => void;
}

/** Each feature a row, each step a cell: the darker, the further away from the reference. */
export function DriftHeat({ found, features, metric, onFeaturePick }: Props) {
  const rows = cells(found, features);
  const names = features.map(short);
  const draw = useCallback(
    (width: number): Plot.PlotOptions => ({
      marginLeft: Math.min(180, width * 0.34),
      marginTop: 4,
      x: { type: "utc", label: null },
      y: {
        domain: names,
        label: null,
        tickSize: 0,
        tickFormat: (name: string) => clip(name, width < 500 ? 14 : 24),
      },
      color: {
        type: "linear",
        domain: [0, 0.3],
        range: ["#0b728512", "#c2410c"],
        clamp: true,
        interpolate: "rgb",
      },
      marks: [
        Plot.rect(rows, {
          x1: "time",
          x2: "until",
          y: "feature",
          fill: "value",
          inset: 0.6,
          rx: 2,
        }),
        Plot.tip(
          rows,
          Plot.pointer({
            x: (each) => new Date((each.time.getTime() + each.until.getTime()) / 2),
            y: "feature",
            title: (each) =>
              `${each.feature}\n${each.time.toUTCString().slice(5, 22)}\n${metric} ${digits(each.value)}: ${each.status}\n${count(each.n)} rows`,
            fill: "var(--panel)",
          }),
        ),
      ],
    }),
    [rows, names, metric],
  );
  const pick = useCallback(
    (row: Record<string, unknown>) => {
      const feature = features.find((each) => short(each) === row.feature);
      if (feature) onFeaturePick(feature);
    },
    [features, onFeaturePick],
  );
  return (
    <Chart
      title="Drift over time"
      unit={`${metric.toUpperCase()} against the reference; click a row for its distributions`}
      summary={`${features.length} features, the furthest first: ${names.slice(0, 3).join(", ")}`}
      rows={rows as unknown as Record<string, unknown>[]}
      height={names.length * ROW + 34}
      empty={{ title: "Nothing to compare yet", why: "It needs a reference, and rows after it." }}
      draw={draw}
      onPick={pick}
    />
  );
}

const clip = (name: string, most: number): string =>
  name.length > most ? `${name.slice(0, most - 1)}…` : name;
