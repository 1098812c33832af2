/** What a job is and what came of it, in words. */
import type { Retraining, Rollout, Summary } from "../../api/retraining";
import { digits, named, percent, whole } from "../../components/numbers";

/** How a candidate did against the champion, on rows that it had not seen. */
export interface Proof {
  metric: string;
  n: number;
  champion: number | null;
  candidate: number | null;
  improvement: number | null;
  low: number | null;
  high: number | null;
  verdict: string;
}

export interface Gate {
  better_by: number;
  of: "shortfall" | "metric" | "absolute";
  min_rows: number;
}

export interface Candidate {
  version: string;
  uri: string;
  digest: string;
  size_bytes: number | null;
  training_seconds: number | null;
}

/** How the version that serves has done since, against the one before it. */
export interface Served {
  metric: string;
  labelled: number;
  before: number;
  after: number;
  low: number;
  high: number;
}

type Resulted = Pick<Retraining, "result">;

export const proofOf = ({ result }: Resulted): Proof | null =>
  (result?.proof as Proof | null | undefined) ?? null;

export const candidateOf = ({ result }: Resulted): Candidate | null =>
  (result?.candidate as Candidate | null | undefined) ?? null;

export const gateOf = ({ gate }: Pick<Retraining, "gate">): Gate => gate as unknown as Gate;

export const servedOf = ({ result }: Rollout): Served | null =>
  (result as unknown as Served | null) ?? null;

export function headline({ enabled, running, evaluating, queued }: Summary): string {
  const busy = running + evaluating;
  const trained = busy
    ? `${busy} ${busy === 1 ? "model is" : "models are"} being trained`
    : "No model is being trained";
  const waits = queued ? `, ${queued} ${queued === 1 ? "waits" : "wait"}` : "";
  return `${trained}${waits}${enabled ? "" : "; retraining is switched off"}`;
}

/** How much better, as the gate counts it: a share, or in the figure's own unit. */
export const gained = (value: number, of: Gate["of"]): string =>
  (value > 0 ? "+" : "") + (of === "absolute" ? digits(value) : percent(value));

export const OF: Record<Gate["of"], string> = {
  shortfall: "as a share of what was missing",
  metric: "as a share of the figure",
  absolute: "in its own unit",
};

const VERDICTS: Record<string, string> = {
  better: "is better",
  "not-better": "is not better by enough",
  worse: "is worse",
  unclear: "is not surely better",
  "insufficient-data": "cannot be told from the champion: there are too few rows",
};

export function proven(proof: Proof, gate: Gate): string {
  const { metric, n, champion, candidate, improvement, low, high } = proof;
  const parts = [`The candidate ${VERDICTS[proof.verdict] ?? proof.verdict}`];
  if (champion !== null && candidate !== null)
    parts.push(`: ${named(metric)} ${digits(candidate)} against ${digits(champion)}`);
  if (improvement !== null && low !== null && high !== null) {
    const [by, least, most] = [improvement, low, high].map((each) => gained(each, gate.of));
    parts.push(`, ${by} (${least} to ${most})`);
  }
  return `${parts.join("")}, of ${whole(n)} rows held out.`;
}

const ROLLOUTS: Record<Rollout["state"], (rollout: Rollout) => string> = {
  asked: ({ version }) => `Version ${version} is to serve; no prediction names it yet.`,
  serving: ({ version }) => `Version ${version} serves, and is held against before.`,
  verified: ({ version }) => `Version ${version} serves, and holds what it promised.`,
  worse: ({ version }) => `Version ${version} serves worse than the one before.`,
  unclear: ({ version }) => `Version ${version} serves; whether better cannot be told.`,
  unseen: ({ version }) => `Version ${version} was never seen to serve.`,
  "rolled-back": ({ version }) => `Version ${version} was taken back.`,
};

export const rolled = (rollout: Rollout): string => ROLLOUTS[rollout.state](rollout);

const sentence = (text: string): string =>
  text ? text.charAt(0).toUpperCase() + text.slice(1) : "";

/** What has come of it so far. */
export function outcome(job: Retraining): string {
  const proof = proofOf(job);
  switch (job.state) {
    case "queued":
      return [
        job.position === 1 ? "The next to be taken" : `Number ${job.position} of those that wait`,
        job.cause,
      ]
        .filter(Boolean)
        .join("; ");
    case "running":
      return job.is_cancelled
        ? "It is told to end"
        : `${percent(job.progress)} done${job.attempt > 1 ? `, attempt ${job.attempt} of ${job.attempts}` : ""}`;
    case "evaluating":
      return "The candidate is held against the champion";
    case "succeeded":
      return job.rollout
        ? rolled(job.rollout)
        : proof
          ? proven(proof, gateOf(job))
          : "It is better";
    case "rejected":
      return proof ? proven(proof, gateOf(job)) : sentence(job.cause);
    default:
      return sentence(job.cause);
  }
}

export function reason({ origin, why, created_by: by }: Retraining): string {
  if (origin === "manual") return why || `asked for by ${by}`;
  return why || (origin === "drift" ? "drift that lasts" : "by the calendar");
}

export interface Step {
  name: string;
  look: "done" | "now" | "ahead" | "ended";
  at: string | null;
  text: string;
}

/** From asked to served: what is over, what goes on, and what is still to come. */
export function steps(job: Retraining): Step[] {
  const found: Step[] = [
    { name: "Asked for", look: "done", at: job.created_at, text: `by ${job.created_by}` },
    training(job),
  ];
  if (found.at(-1)?.look === "ended") return found;
  found.push(held(job));
  if (found.at(-1)?.look === "ended") return found;
  return [...found, ...serving(job.rollout)];
}

function training(job: Retraining): Step {
  const name = "Training";
  const runner = job.runner ? `by ${job.runner}` : `for ${job.target}`;
  const text = `${runner}, attempt ${job.attempt} of ${job.attempts}`;
  if (job.state === "queued")
    return { name, look: "ahead", at: null, text: `waits for ${job.target}` };
  if (job.state === "running") return { name, look: "now", at: job.started_at, text };
  if (!candidateOf(job))
    return { name: over(job), look: "ended", at: job.ended_at, text: job.cause };
  return { name, look: "done", at: job.started_at, text };
}

function held(job: Retraining): Step {
  const name = "Held against the champion";
  if (job.state === "evaluating") return { name, look: "now", at: null, text: "" };
  if (job.state === "succeeded")
    return { name, look: "done", at: job.ended_at, text: "it is better" };
  if (job.state === "queued" || job.state === "running")
    return { name, look: "ahead", at: null, text: "" };
  const text = job.state === "rejected" ? "it is not kept" : job.cause;
  return {
    name: job.state === "rejected" ? name : over(job),
    look: "ended",
    at: job.ended_at,
    text,
  };
}

const over = (job: Retraining): string => (job.state === "cancelled" ? "Cancelled" : "Failed");

function serving(rollout: Rollout | null): Step[] {
  const [asked, serves, holds] = ["To serve", "Serves", "Held against the version before"];
  const ahead = (name: string): Step => ({ name, look: "ahead", at: null, text: "" });
  if (!rollout) return [asked, serves, holds].map((name) => ahead(name as string));
  const { state, version, before } = rollout;
  const found: Step[] = [
    { name: "To serve", look: "done", at: rollout.asked_at, text: `by ${rollout.asked_by}` },
  ];
  if (rollout.served_at)
    found.push({ name: "Serves", look: "done", at: rollout.served_at, text: version });
  else if (state === "asked")
    found.push({ name: "Serves", look: "now", at: null, text: "until predictions name it" });
  const end = { at: rollout.ended_at, text: rollout.cause };
  if (state === "rolled-back") return [...found, { name: "Taken back", look: "ended", ...end }];
  if (state === "unseen") return [...found, { name: "Never seen", look: "ended", ...end }];
  const name = before ? `Held against ${before}` : "Held against the version before";
  if (state === "asked") return [...found, ahead(name)];
  if (state === "serving") return [...found, { name, look: "now", at: null, text: "" }];
  return [...found, { name, look: state === "verified" ? "done" : "ended", ...end }];
}
