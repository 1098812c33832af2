/** What counts for a model, before and now, as the rows of a picture. */
import type { Explained, Explanations } from "../api/explanations";

export interface Weight {
  feature: string;
  before: number | null;
  now: number | null;
  low: number | null;
  high: number | null;
}

/** What counts most first. */
export function weights(features: readonly Explained[], most: number): Weight[] {
  const sized = (each: Explained): number =>
    Math.max(each.importance?.value ?? 0, each.importance_before?.value ?? 0);
  return features
    .toSorted((a, b) => sized(b) - sized(a))
    .slice(0, most)
    .map((each) => ({
      feature: each.feature,
      before: each.importance_before?.value ?? null,
      now: each.importance?.value ?? null,
      low: each.importance?.low ?? null,
      high: each.importance?.high ?? null,
    }));
}

export interface Course {
  feature: string;
  time: Date;
  share: number;
}

/** How much some features counted over time; a step without explanations is a gap. */
export function courses(found: Explanations, features: readonly string[]): Course[] {
  return found.data_points.flatMap((point) =>
    features.map((feature) => ({
      feature,
      time: new Date(point.timestamp),
      share: point.explanations ? (point.importances[feature] ?? Number.NaN) : Number.NaN,
    })),
  );
}
