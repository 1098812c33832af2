/** From the profile of a column, the bars of both its distributions. */
import type { FeatureProfile } from "../api/model";
import { digits } from "../components/numbers";

/** A column with the picture of two distributions on one scale. */
export type Pictured = Pick<FeatureProfile, "name" | "picture">;

export interface Bar {
  name: string;
  /** Where it begins, if it is a piece of a scale. */
  from?: number | undefined;
  reference: number;
  current: number;
}

export const isBinned = (feature: Pictured): boolean =>
  feature.picture !== null && "edges" in feature.picture;

export function bars(feature: Pictured): Bar[] {
  const { picture } = feature;
  if (!picture) return [];
  if ("labels" in picture)
    return picture.labels.map((name, place) => ({
      name: name === "" ? "(empty)" : name,
      reference: picture.reference[place] ?? 0,
      current: picture.current[place] ?? 0,
    }));
  const { edges, below, above, missing } = picture;
  const low = edges[0] ?? 0;
  const high = edges.at(-1) ?? 0;
  const inside = picture.reference.map((share, place) => ({
    name: `${digits(edges[place])} – ${digits(edges[place + 1])}`,
    from: edges[place],
    reference: share,
    current: picture.current[place] ?? 0,
  }));
  return [
    ...beside(`below ${digits(low)}`, below),
    ...inside,
    ...beside(`above ${digits(high)}`, above),
    ...beside("missing", missing),
  ];
}

function beside(name: string, shares: readonly number[]): Bar[] {
  const [reference = 0, current = 0] = shares;
  return reference || current ? [{ name, reference, current }] : [];
}

const TICK_PX = 62;

/** The bars that get a word below them, and the word: as many as there is room for. */
export function ticksOf(rows: readonly Bar[], width: number): Map<string, string> {
  const step = Math.max(1, Math.ceil((rows.length * TICK_PX) / Math.max(width, TICK_PX)));
  const found = rows.flatMap((each, place): [string, string][] => {
    // What lies beside the scale is named before what lies on it.
    const isNear = rows.slice(place + 1, place + step).some((later) => later.from === undefined);
    if (isNear) return [];
    if (each.from === undefined) return [[each.name, each.name.split(" ")[0] ?? ""]];
    return place % step === 0 ? [[each.name, digits(each.from)]] : [];
  });
  return new Map(found);
}

/** The present of two sides in one picture; none where their scales are not the same. */
export function together(a: Pictured, b: Pictured): Pictured {
  return { name: a.name, picture: a.picture && b.picture && joined(a.picture, b.picture) };
}

type Picture = NonNullable<Pictured["picture"]>;

function joined(a: Picture, b: Picture): Picture | null {
  if ("edges" in a && "edges" in b)
    return JSON.stringify(a.edges) === JSON.stringify(b.edges)
      ? {
          ...b,
          reference: a.current,
          below: [a.below[1] ?? 0, b.below[1] ?? 0],
          above: [a.above[1] ?? 0, b.above[1] ?? 0],
          missing: [a.missing[1] ?? 0, b.missing[1] ?? 0],
        }
      : null;
  if (!("labels" in a && "labels" in b)) return null;
  const labels = [...new Set([...a.labels, ...b.labels])];
  const shares = ({ labels: own, current }: typeof a): number[] =>
    labels.map((label) => current[own.indexOf(label)] ?? 0);
  return { ...b, labels, reference: shares(a), current: shares(b) };
}
