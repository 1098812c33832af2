/** From the profile of a column, the bars of both its distributions. */
import type { FeatureProfile } from "../api/model";
import { digits } from "../components/numbers";
import { distinct } from "./drawing";

/** A column with the picture of two distributions on one scale. */
export type Pictured = Pick<FeatureProfile, "name" | "facet" | "picture">;

type Picture = NonNullable<Pictured["picture"]>;
type Binned = Extract<Picture, { edges: unknown }>;
type Mix = Extract<Picture, { labels: unknown }>;

export interface Bar {
  name: string;
  /** Where it begins, if it is a piece of a scale. */
  from?: string | undefined;
  reference: number;
  current: number;
}

export const isBinned = (feature: Pictured): boolean =>
  feature.picture !== null && "edges" in feature.picture;

export function bars(feature: Pictured): Bar[] {
  const { picture } = feature;
  if (!picture) return [];
  return apart("labels" in picture ? named(picture) : binned(picture, placeOf(feature)));
}

function named(picture: Mix): Bar[] {
  return picture.labels.map((name, place) => ({
    name: name === "" ? "(empty)" : name,
    reference: picture.reference[place] ?? 0,
    current: picture.current[place] ?? 0,
  }));
}

function binned(picture: Binned, place: (value: number) => string): Bar[] {
  const { edges, below, above, missing } = picture;
  const words = edges.map(place);
  const inside = picture.reference.map((share, at) => ({
    name: `${words[at]} – ${words[at + 1]}`,
    from: words[at],
    reference: share,
    current: picture.current[at] ?? 0,
  }));
  return [
    ...beside(`below ${words[0]}`, below),
    ...inside,
    ...beside(`above ${words.at(-1)}`, above),
    ...beside("missing", missing),
  ];
}

/** A value may be called as a group is, and two may be written alike. */
function apart(rows: Bar[]): Bar[] {
  const names = distinct(rows.map((each) => each.name));
  return rows.map((each, place) => ({ ...each, name: names[place] ?? each.name }));
}

const DAY_MS = 86_400_000;
const FEWEST = 3;

/** How a place on the scale is written: so that it is another than the next. */
function placeOf({ facet, picture }: Pictured): (value: number) => string {
  if (!picture || !("edges" in picture)) return digits;
  const { edges } = picture;
  const [low = 0] = edges;
  const high = edges.at(-1) ?? 0;
  const step = (high - low) / Math.max(edges.length - 1, 1);
  if (facet === "day") return (days) => dateOf(days, step < 1);
  const size = Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / step)) + 1;
  const count = Number.isFinite(size) ? Math.min(Math.max(size, FEWEST), 15) : FEWEST;
  return (value) => digits(value, count);
}

/** A number of days since 1970. */
function dateOf(days: number, withHours: boolean): string {
  const date = new Date(days * DAY_MS);
  if (Number.isNaN(date.getTime())) return digits(days);
  const text = date.toISOString();
  return withHours ? text.slice(5, 16).replace("T", " ") : text.slice(0, 10);
}

function beside(name: string, shares: readonly number[]): Bar[] {
  const [reference = 0, current = 0] = shares;
  return reference || current ? [{ name, reference, current }] : [];
}

/** Pixels of a letter below a bar, and what a short word takes with the space around it. */
const LETTER_PX = 6.5;
const TICK_PX = 52;

/** The bars that get a word below them, and the word: as many as there is room for. */
export function ticksOf(rows: readonly Bar[], width: number): Map<string, string> {
  const longest = Math.max(0, ...rows.map((each) => each.from?.length ?? 0));
  const room = Math.max(TICK_PX, (longest + 2) * LETTER_PX);
  const step = Math.max(1, Math.ceil((rows.length * room) / Math.max(width, room)));
  const found = rows.flatMap((each, place): [string, string][] => {
    // What lies beside the scale is named before what lies on it.
    const isNear = rows.slice(place + 1, place + step).some((later) => later.from === undefined);
    if (isNear) return [];
    if (each.from === undefined) return [[each.name, each.name.split(" ")[0] ?? ""]];
    return place % step === 0 ? [[each.name, each.from]] : [];
  });
  return new Map(found);
}

/** The present of two sides in one picture; none where their scales are not the same. */
export function together(a: Pictured, b: Pictured): Pictured {
  return {
    name: a.name,
    facet: a.facet,
    picture: a.picture && b.picture && joined(a.picture, b.picture),
  };
}

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
