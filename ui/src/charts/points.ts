/** From answers about performance, the points of a picture. */
import type { Shown } from "../api/client";

export interface Point {
  time: Date;
  value: number;
  low: number | null;
  high: number | null;
  n: number;
  coverage: number | null;
  final: boolean;
}

export type Found = Pick<Shown["PerformanceShown"], "data_points">;
export type Expected = Pick<Shown["EstimatesShown"], "data_points">;

export function realisedPoints(found: Found, metric: string): Point[] {
  return found.data_points.flatMap((each) => {
    const figure = each.metrics[metric];
    if (!figure) return [];
    return {
      time: new Date(each.timestamp),
      value: figure.value,
      low: figure.low,
      high: figure.high,
      n: figure.n,
      coverage: each.coverage,
      final: each.is_mature,
    };
  });
}

/** Where an estimate was made and may be believed; nothing where it keeps quiet. */
export function estimatedPoints(
  found: Expected,
  metric: string,
): Pick<Point, "time" | "value" | "low" | "high">[] {
  return found.data_points.flatMap((each) => {
    const figure = each.estimated[metric];
    if (!figure || !each.is_supported) return [];
    return {
      time: new Date(each.timestamp),
      value: figure.value,
      low: figure.low,
      high: figure.high,
    };
  });
}
