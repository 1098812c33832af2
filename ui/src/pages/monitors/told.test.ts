import { expect, test } from "vitest";
import type { Monitor } from "../../api/monitors";
import { budget, isAbout, standing, watched } from "./told";

const monitor = (more: Partial<Monitor>): Monitor => ({
  name: "m",
  kind: "drift",
  document: {},
  origin: "api",
  revision: 1,
  created_at: "2026-01-01T00:00:00Z",
  changed_at: "2026-01-01T00:00:00Z",
  changed_by: "",
  models: 1,
  one_false_alarm_in_months: null,
  last_at: null,
  standing: [],
  ...more,
});

test("what is watched is said in words", () => {
  expect(watched({})).toBe("all models");
  expect(watched({ metric: "missing_rate", column: "amount", models: "fraud-*" })).toBe(
    "Missing rate of amount · fraud-*",
  );
  expect(watched({ columns: ["a", "b"], models: "*", segment: "tags.region" })).toBe(
    "a, b · all models, tags.region",
  );
});

test("the budget of all is the sum of each model's", () => {
  const stated = { one_false_alarm_in_months: 100 };
  expect(budget([monitor({ ...stated, models: 4 })])).toBe("2.1 years");
  expect(budget([monitor({ ...stated, models: 200 })])).toBe("15 days");
  expect(budget([monitor({ models: 200 })])).toBeNull();
  expect(budget([])).toBeNull();
});

test("the gravest of the readings is what is shown", () => {
  const at = (status: string, severity: string | null, targets: number) => ({
    status,
    severity,
    targets,
  });
  expect(standing(monitor({ standing: [at("ok", null, 5), at("breach", "high", 2)] }))).toEqual({
    look: "high",
    text: "2 beyond",
  });
  expect(standing(monitor({ standing: [at("ok", null, 5)] })).text).toBe("5 fine");
  expect(standing(monitor({})).look).toBe("unknown");
});

test("patterns mean what they mean to the server", () => {
  expect(isAbout({ models: "fraud-*" }, "fraud-eu")).toBe(true);
  expect(isAbout({ models: "fraud-*" }, "my-fraud-eu")).toBe(false);
  expect(isAbout({ models: ["a", "b.c"] }, "bxc")).toBe(false);
  expect(isAbout({}, "anything")).toBe(true);
});
