import { expect, test } from "vitest";
import type { Retraining, Rollout } from "../../api/retraining";
import { starts, trains } from "./policy";
import { headline, outcome, proven, steps } from "./told";

const NONE = { succeeded_30d: 0, rejected_30d: 0, failed_30d: 0, cancelled_30d: 0 };
const gate = { better_by: 0.1, of: "shortfall" as const, min_rows: 100 };
const proof = {
  metric: "f1",
  n: 1_200,
  champion: 0.8,
  candidate: 0.85,
  improvement: 0.25,
  low: 0.2,
  high: 0.3,
  verdict: "better",
};

const job = (more: Partial<Retraining>): Retraining =>
  ({
    state: "queued",
    position: 1,
    cause: "",
    attempt: 0,
    attempts: 3,
    runner: "",
    target: "command:train",
    progress: 0,
    result: null,
    rollout: null,
    gate,
    created_at: "2026-01-01T00:00:00Z",
    created_by: "ada",
    started_at: null,
    ended_at: null,
    ...more,
  }) as unknown as Retraining;

const rollout = (more: Partial<Rollout>): Rollout => ({
  version: "2",
  before: "1",
  state: "asked",
  asked_at: "2026-01-02T00:00:00Z",
  asked_by: "ada",
  served_at: null,
  ended_at: null,
  result: null,
  cause: "",
  ...more,
});

const looks = (told: Retraining): string[] => steps(told).map((each) => each.look);

test("the headline says how many are trained and how many wait", () => {
  const some = { ...NONE, enabled: true, running: 1, evaluating: 0, queued: 2 };
  expect(headline(some)).toBe("1 model is being trained, 2 wait");
  expect(headline({ ...some, evaluating: 1, queued: 1 })).toBe(
    "2 models are being trained, 1 waits",
  );
  expect(headline({ ...some, running: 0, queued: 0, enabled: false })).toBe(
    "No model is being trained; retraining is switched off",
  );
});

test("a verdict is told with its figures, in the unit of its gate", () => {
  expect(proven(proof, gate)).toBe(
    "The candidate is better: F1 0.85 against 0.8, +25 % (+20 % to +30 %), of 1,200 rows held out.",
  );
  expect(proven(proof, { ...gate, of: "absolute" })).toContain("+0.25 (+0.2 to +0.3)");
  const few = { ...proof, improvement: null, low: null, high: null, verdict: "insufficient-data" };
  expect(proven(few, gate)).toContain("too few rows");
});

test("what came of a job is told at each of its states", () => {
  expect(outcome(job({}))).toBe("The next to be taken");
  expect(outcome(job({ position: 3, cause: "lost" }))).toBe("Number 3 of those that wait; lost");
  expect(outcome(job({ state: "running", progress: 0.4, attempt: 2 }))).toBe(
    "40 % done, attempt 2 of 3",
  );
  expect(outcome(job({ state: "running", is_cancelled: true }))).toBe("It is told to end");
  expect(outcome(job({ state: "failed", cause: "out of memory" }))).toBe("Out of memory");
  expect(outcome(job({ state: "rejected", result: { proof } }))).toContain("The candidate");
  expect(outcome(job({ state: "succeeded", rollout: rollout({}) }))).toContain("is to serve");
});

test("steps end where a job ended, and go on until the version has shown itself", () => {
  const result = { candidate: { version: "2" }, proof };
  const done = { state: "succeeded", result, ended_at: "2026-01-01T02:00:00Z" } as const;
  expect(looks(job({}))).toEqual(["done", "ahead", "ahead", "ahead", "ahead", "ahead"]);
  expect(looks(job({ state: "cancelled" }))).toEqual(["done", "ended"]);
  expect(looks(job({ state: "rejected", result }))).toEqual(["done", "done", "ended"]);
  expect(looks(job(done))).toEqual(["done", "done", "done", "ahead", "ahead", "ahead"]);
  const after = (more: Partial<Rollout>) =>
    looks(job({ ...done, rollout: rollout(more) })).slice(3);
  const served_at = "2026-01-03T00:00:00Z";
  expect(after({})).toEqual(["done", "now", "ahead"]);
  expect(after({ state: "serving", served_at })).toEqual(["done", "done", "now"]);
  expect(after({ state: "verified", served_at })).toEqual(["done", "done", "done"]);
  expect(after({ state: "worse", served_at })).toEqual(["done", "done", "ended"]);
  expect(after({ state: "unseen" })).toEqual(["done", "ended"]);
  expect(after({ state: "rolled-back" })).toEqual(["done", "ended"]);
});

test("a policy is told in few words", () => {
  expect(trains({ target: { kind: "webhook", channel: "ci" } })).toBe("webhook ci");
  expect(starts({})).toBe("3 findings within 1 d");
  expect(starts({ detections: null })).toBe("by hand only");
  expect(starts({ detections: { count: 1, within: 43_200 }, calendar: { at: "06:00" } })).toBe(
    "1 finding within 12 h, or every week at 06:00",
  );
});
