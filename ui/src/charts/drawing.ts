/** What a picture is, apart from where it is shown: pages, reports and examples draw the same. */
import * as Plot from "@observablehq/plot";

export type Row = Record<string, unknown>;

export interface Drawing {
  title: string;
  /** What is measured, and in what. */
  unit: string;
  /** What the picture shows, for whoever cannot see it. */
  summary: string;
  rows: Row[];
  height: number;
  /** What is said where there are no rows. */
  empty: { title: string; why?: string };
  /** The marks and scales, for a width. */
  draw: (width: number) => Plot.PlotOptions;
}

type Plotted = ReturnType<typeof Plot.plot>;

export function plotted({ draw, height, summary }: Drawing, width: number): Plotted {
  const made = Plot.plot({
    width,
    height,
    style: { fontFamily: "inherit", fontSize: "11px", background: "none" },
    ...draw(width),
    ariaLabel: summary,
  });
  // A picture is told as a whole: its marks have no role that a name could be of.
  made.setAttribute("role", "img");
  for (const mark of made.querySelectorAll("g[aria-label]")) mark.removeAttribute("aria-label");
  return made;
}

/** Interfaces have no index of their own, and pictures ask for none. */
export const asRows = (rows: readonly object[]): Row[] => rows as Row[];

/** Pixels that a letter takes, if it is a wide one. */
export const LETTER = 7;

export const clip = (name: string, most: number): string =>
  name.length > most ? `${name.slice(0, most - 1)}…` : name;

/** A row for each name, which stands in so much room beside it. */
export const rowsOf = (names: readonly string[], room: number) => ({
  marginLeft: room,
  y: {
    label: null,
    domain: names,
    tickSize: 0,
    tickFormat: (name: string) => clip(name, Math.floor(room / LETTER)),
  },
});

/** Names that stay apart though some are written alike: a row is found by its name. */
export function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let turn = 2; taken.has(own); turn++) own = `${name} (${turn})`;
    taken.add(own);
    return own;
  });
}

export const moment = (time: Date): string => time.toUTCString().slice(5, 22);

/** Words about what is under the pointer, a line each; what is empty is left out. */
export const lines = (...words: string[]): string => words.filter(Boolean).join("\n");

interface Told<T> {
  x?: string | ((each: T) => number | Date);
  y?: string | ((each: T) => number);
  title: (each: T) => string;
}

/** What is under the pointer, in words. */
export const tip = <T>(rows: readonly T[], pointer: typeof Plot.pointer, told: Told<T>) =>
  Plot.tip(rows as Plot.Data, pointer({ ...told, fill: "var(--panel)" } as Plot.TipOptions));

/** Where words may stand that should lie at some heights, but not on each other. */
export function apart(heights: readonly number[], gap: number): number[] {
  const order = heights
    .map((_height, place) => place)
    .sort((a, b) => at(heights, a) - at(heights, b));
  const found = [...heights];
  order.forEach((place, turn) => {
    const below = order[turn - 1];
    if (below !== undefined) found[place] = Math.max(at(found, place), at(found, below) + gap);
  });
  return found;
}

const at = (heights: readonly number[], place: number): number => heights[place] ?? 0;
