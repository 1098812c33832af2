/** Drift of many features over time, put in the order in which they are worth a look. */
import type { Drift } from "../api/model";

/** Colours from nothing to much. */
export const PALE = {
  type: "linear",
  range: ["#0b728512", "#c2410c"],
  clamp: true,
  interpolate: "rgb",
} as const;

/** What is left free around a cell: of many narrow ones nothing would be left. */
export const insetOf = (steps: number, width: number): number =>
  Math.min(0.6, (width / Math.max(steps, 1)) * 0.1);

export interface Cell {
  feature: string;
  time: Date;
  until: Date;
  value: number;
  status: string;
  n: number;
}

export interface Ranked {
  feature: string;
  /** The distance of the last step that says something. */
  now: number;
  most: number;
  status: string;
  values: (number | null)[];
}

const order: Record<string, number> = { critical: 3, warning: 2, normal: 1 };

export const short = (feature: string | null): string =>
  (feature ?? "the rows").replace(/^features\./, "");

/** Those that are far now come first, whatever they were. */
export function ranked(found: Drift): Ranked[] {
  return found.series
    .filter((each) => each.facet === "")
    .map((each) => {
      const told = each.data_points.filter((point) => point.value !== null);
      const last = told.at(-1);
      return {
        feature: each.feature,
        now: last?.value ?? 0,
        most: Math.max(0, ...told.map((point) => point.value ?? 0)),
        status: last?.status ?? "normal",
        values: each.data_points.map((point) => point.value),
      };
    })
    .sort((a, b) => (order[b.status] ?? 0) - (order[a.status] ?? 0) || b.now - a.now);
}

export function cells(found: Drift, features: readonly string[]): Cell[] {
  const wanted = new Set(features);
  return found.series
    .filter((each) => each.facet === "" && wanted.has(each.feature))
    .flatMap((each) =>
      each.data_points.flatMap((point) =>
        point.value === null
          ? []
          : {
              feature: short(each.feature),
              time: new Date(point.timestamp),
              until: new Date(Date.parse(point.timestamp) + found.step * 1000),
              value: point.value,
              status: point.status,
              n: point.n,
            },
      ),
    );
}
