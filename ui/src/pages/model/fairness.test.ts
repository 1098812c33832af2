import { expect, it } from "vitest";
import type { Attribute, Criterion } from "../../api/fairness";
import { ratesOf, sentence } from "./fairness";

const criterion = (name: string, verdict: Criterion["verdict"]): Criterion => ({
  name,
  verdict,
  value: 0.25,
  low: 0.2,
  high: 0.3,
  threshold: 0.1,
  groups: ["a", "b"],
  left_out: [],
});

const attribute = (verdict: Attribute["verdict"], criteria: Criterion[]): Attribute =>
  ({ protected_attribute: "tags.sex", verdict, criteria }) as Attribute;

const plain = (name: string) => name.replaceAll("_", " ");

it("names what is unfair, between whom and by how much", () => {
  const told = attribute("unfair", [
    criterion("accuracy_parity", "fair"),
    criterion("equal_opportunity", "unfair"),
    criterion("calibration", "unfair"),
  ]);
  expect(sentence(told, plain)).toBe(
    "The groups of tags.sex are not treated alike: by equal opportunity it is 0.25, between a and b, beyond the limit of 0.1. So is it by 1 more.",
  );
});

it("never takes what is not known for fair", () => {
  const open = attribute("inconclusive", [criterion("calibration", "inconclusive")]);
  expect(sentence(open, plain)).toContain("Too little is known");
  expect(sentence(attribute("not computable", []), plain)).toContain("Nothing can be said");
  expect(sentence(attribute("fair", []), plain)).toContain("treated alike");
});

it("shows only rates that some group has", () => {
  const group = { positive_rate: null, accuracy: { value: 1, low: null, high: null, n: 3 } };
  const others = {
    true_positive_rate: null,
    false_positive_rate: null,
    precision: null,
    calibration: null,
    mean_absolute_error: null,
    mean_error: null,
  };
  expect(ratesOf([{ ...group, ...others } as never])).toEqual(["accuracy"]);
});
