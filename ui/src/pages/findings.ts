/** What an incident knows, with what is not there told as such. */

export interface Finding {
  monitor: string;
  what: string;
  metric: string;
  version: string;
  segment: string;
  value: number | null;
  baseline: number | null;
  threshold: number | null;
  low: number | null;
  high: number | null;
  n: number | null;
  since: string | null;
  features: { name: string; what: string; effect: number | null }[];
}

type Told = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

export const findingsOf = (told: readonly Told[]): Finding[] =>
  told.map((each) => ({
    monitor: text(each.monitor),
    what: text(each.what) || text(each.monitor),
    metric: text(each.metric),
    version: text(each.version),
    segment: text(each.segment),
    value: number(each.value),
    baseline: number(each.baseline),
    threshold: number(each.threshold),
    low: number(each.low),
    high: number(each.high),
    n: number(each.n),
    since: text(each.since) || null,
    features: (Array.isArray(each.features) ? each.features : []).map((one: Told) => ({
      name: text(one.name),
      what: text(one.what),
      effect: number(one.effect),
    })),
  }));
