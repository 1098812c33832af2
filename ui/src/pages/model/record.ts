/** What was logged, in words that fit a cell. */
import type { Condition, Logged } from "../../api/records";

const AND = " & ";
const MAPS = ["features", "tags"];

/** A value as people read it; text that nobody may run stays text. */
export function words(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (value === "") return "(empty)";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(words).join(", ");
  return Object.entries(value)
    .map(([name, each]) => `${name}: ${words(each)}`)
    .join(", ");
}

/** What stands in a column: "features.plan" is in the map of features. */
export function at(record: Logged, column: string): unknown {
  const map = MAPS.find((each) => column.startsWith(`${each}.`));
  if (!map) return record[column];
  const inside = record[map];
  return (inside as Logged | undefined)?.[column.slice(map.length + 1)];
}

const SAID = ["prediction_label", "prediction_labels", "prediction_score", "outputs"] as const;
const TRUE = ["actual_label", "actual_labels", "actual_score", "actual_outputs"] as const;

const first = (record: Logged, names: readonly string[]): unknown =>
  names.map((name) => record[name]).find((value) => value !== null && value !== undefined);

/** What the model answered: a class, or else a number. */
export const answerOf = (record: Logged): string => words(first(record, SAID));

/** What a label says; one that was withdrawn says so. */
export const truthOf = (label: Logged): string =>
  label.retract === true ? "withdrawn" : words(first(label, TRUE));

/** "features.plan=pro" taken apart, where there is something to take apart. */
export function condition(text: string): Condition | null {
  const place = text.indexOf("=");
  return place > 0 ? [text.slice(0, place), text.slice(place + 1)] : null;
}

export const conditions = (texts: readonly string[]): Condition[] =>
  texts.flatMap((each) => {
    const found = condition(each);
    return found ? [found] : [];
  });

/** A segment, "tags.a & tags.b=1 & 2", as conditions on its columns. */
export function inside(segment: string): Condition[] {
  const found = condition(segment);
  if (!found) return [];
  const columns = found[0].split(AND);
  const values = columns.length > 1 ? found[1].split(AND) : [found[1]];
  return columns.map((column, place) => [column, values[place] ?? ""]);
}

/** The names that stand in any of some records: what there are columns of. */
export function namesOf(records: readonly Logged[], without: readonly string[]): string[] {
  const names = new Set(records.flatMap((each) => Object.keys(each)));
  return [...names].filter((name) => !without.includes(name));
}
