/** What was found of groups, in words. */
import type { Attribute, Criterion, Group, Verdict } from "../../api/fairness";
import { digits } from "../../components/numbers";

/** The look of a verdict, and its word. */
export const VERDICTS: Record<
  Verdict,
  { look: "healthy" | "high" | "unknown"; colour: string; word: string }
> = {
  fair: { look: "healthy", colour: "var(--healthy)", word: "within the limit" },
  unfair: { look: "high", colour: "var(--high)", word: "beyond the limit" },
  inconclusive: { look: "unknown", colour: "var(--unknown)", word: "not clear" },
  "not computable": { look: "unknown", colour: "var(--unknown)", word: "not computable" },
};

/** What each criterion holds alike. */
const HELD: Record<string, string> = {
  disparate_impact: "the share that gets what people hope for, the least by the most",
  demographic_parity: "the share that gets what people hope for",
  equal_opportunity: "how many of the positive are found",
  equalized_odds: "how many of the positive are found, and of the others taken for it",
  predictive_equality: "how many of the others are taken for positive",
  predictive_parity: "how often “positive” is right",
  accuracy_parity: "how often the model is right",
  calibration: "how far scores are from what came true",
  error_parity: "how far off the model is",
  bias_parity: "how much too high or too low it is",
};

export const held = (criterion: string): string => HELD[criterion] ?? "";

/** A ratio should be high; all others are gaps, which should be small. */
export const isRatio = (criterion: Criterion): boolean => criterion.name === "disparate_impact";

export function sentence(attribute: Attribute, name: (criterion: string) => string): string {
  const of = attribute.protected_attribute;
  const unfair = attribute.criteria.filter((each) => each.verdict === "unfair");
  const [worst] = unfair;
  if (worst) {
    const groups = worst.groups.length ? `, between ${worst.groups.join(" and ")}` : "";
    const more = unfair.length > 1 ? ` So is it by ${unfair.length - 1} more.` : "";
    return (
      `The groups of ${of} are not treated alike: by ${name(worst.name).toLowerCase()} it is ` +
      `${digits(worst.value)}${groups}, beyond the limit of ${digits(worst.threshold)}.${more}`
    );
  }
  if (attribute.verdict === "fair")
    return `The groups of ${of} are treated alike, by each criterion.`;
  const open = attribute.criteria.filter((each) => each.verdict === "inconclusive");
  if (open.length) {
    const names = open.map((each) => name(each.name).toLowerCase()).join(", ");
    return `Too little is known to say whether the groups of ${of} are treated alike: ${names} may lie on either side of the limit.`;
  }
  return `Nothing can be said of ${of} yet: two groups with enough rows, and labels, are needed.`;
}

export const RATES = [
  "positive_rate",
  "true_positive_rate",
  "false_positive_rate",
  "precision",
  "accuracy",
  "calibration",
  "mean_absolute_error",
  "mean_error",
] as const;
export type Rate = (typeof RATES)[number];

const TITLES: Partial<Record<Rate, string>> = {
  positive_rate: "Gets what people hope for",
  true_positive_rate: "Positives found",
  false_positive_rate: "Others taken for positive",
  precision: "“Positive” is right",
};

export const titleOf = (rate: Rate, name: (rate: string) => string): string =>
  TITLES[rate] ?? name(rate);

/** The rates that any group has. */
export const ratesOf = (groups: readonly Group[]): Rate[] =>
  RATES.filter((rate) => groups.some((each) => each[rate] !== null));
