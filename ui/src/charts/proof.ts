/** A candidate against the champion: by how much it is better, how sure that is, and by how much it
 * was to be. The champion stands at zero; an interval that holds zero proves nothing. */
import * as Plot from "@observablehq/plot";
import { digits, percent } from "../components/numbers";
import { asRows, type Drawing, LETTER, lines, rowsOf, tip } from "./drawing";

export interface Duel {
  metric: string;
  champion: number | null;
  candidate: number | null;
  improvement: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

interface Side {
  name: string;
  value: number;
  better: number;
  low: number;
  high: number;
}

const HEIGHT = 130;

/** `margin` is in the same unit as the improvement; `unit` says which that is. */
export function proof(
  duel: Duel,
  margin: number,
  unit: string,
  format: (value: number) => string = percent,
): Drawing {
  const sides = sidesOf(duel);
  const domain = sides.map((each) => each.name);
  const ends = [0, margin, ...sides.flatMap((each) => [each.low, each.high])];
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  const pad = (to - from || 1) * 0.06;
  const wanted = `wanted ${format(margin)}`;
  return {
    title: "Champion against candidate",
    unit,
    summary: sides
      .map((each) => `${each.name}, better by ${format(each.better)}`)
      .concat(wanted)
      .join("; "),
    rows: asRows(sides),
    height: HEIGHT,
    empty: { title: "Nothing to compare", why: "Too few rows that were held out were answered." },
    draw: (width) => {
      const room = Math.min(170, width * 0.42);
      const scale = (width - room - 20) / (to - from + 2 * pad);
      const left = (margin - from + pad) * scale;
      const isLeft = left + (wanted.length + 1) * LETTER > width - room - 20;
      return {
        ...rowsOf(domain, room),
        marginTop: 24,
        marginRight: 20,
        x: {
          label: null,
          grid: true,
          domain: [from - pad, to + pad],
          ticks: width < 500 ? 3 : 6,
          tickFormat: (value: number) => format(value),
        },
        marks: [
          Plot.ruleX([0], { stroke: "var(--faint)", strokeWidth: 1.5 }),
          Plot.ruleX([margin], { stroke: "var(--medium)", strokeDasharray: "4 3" }),
          Plot.text([margin], {
            x: (each: number) => each,
            text: () => wanted,
            frameAnchor: "top",
            dy: -16,
            dx: isLeft ? -3 : 3,
            textAnchor: isLeft ? "end" : "start",
            fill: "var(--faint)",
          }),
          Plot.ruleY(sides, {
            y: "name",
            x1: "low",
            x2: "high",
            stroke: "var(--series)",
            strokeWidth: 3,
            strokeOpacity: 0.45,
            strokeLinecap: "round",
          }),
          Plot.dot(sides, {
            y: "name",
            x: "better",
            r: 5,
            symbol: (each: Side) => (each === sides[0] ? "diamond" : "circle"),
            fill: (each: Side) => (each === sides[0] ? "var(--other)" : "var(--series)"),
          }),
          tip(sides, Plot.pointerY, {
            y: "name",
            x: "better",
            title: (each) =>
              lines(
                each.name,
                each === sides[0] ? "" : `better by ${format(each.better)}`,
                each === sides[0] ? "" : `95 %: ${format(each.low)} to ${format(each.high)}`,
              ),
          }),
        ],
      };
    },
  };
}

function sidesOf({ champion, candidate, improvement, low, high }: Duel): Side[] {
  if (champion === null || candidate === null || improvement === null) return [];
  const better = improvement;
  return [
    { name: `Champion ${digits(champion)}`, value: champion, better: 0, low: 0, high: 0 },
    {
      name: `Candidate ${digits(candidate)}`,
      value: candidate,
      better,
      low: low ?? better,
      high: high ?? better,
    },
  ];
}
