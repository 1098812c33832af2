/** What a view is, in its address: what is not understood is left out, never an error. */

export interface FleetSearch {
  q?: string;
  status?: "critical" | "warning" | "healthy" | "unknown";
  sort?: "need" | "name" | "traffic" | "seen";
  group?: string;
}

export interface IncidentsSearch {
  state?: "live" | "all";
  model?: string;
}

export const JOB_STATES = [
  ...(["open", "queued", "running", "evaluating"] as const),
  ...(["succeeded", "rejected", "failed", "cancelled"] as const),
] as const;

export interface RetrainingSearch {
  state?: (typeof JOB_STATES)[number];
  model?: string;
}

export const RANGES = { "6h": 0.25, "1d": 1, "7d": 7, "30d": 30, "90d": 90 } as const;
export type RangeName = keyof typeof RANGES;

export interface ModelSearch {
  range?: RangeName;
  from?: string;
  to?: string;
  version?: string;
  segment?: string;
  feature?: string;
  metric?: string;
  /** The one prediction that is looked at. */
  id?: string;
  kind?: RecordKind;
  /** Conditions, as "features.plan=pro". */
  where?: string[];
  columns?: string[];
  estimated?: boolean;
  output?: string;
  /** Slices are looked for, which takes some seconds. */
  slices?: boolean;
  /** The column by whose values performance is told. */
  by?: string;
  /** What errors are held against, where that is not the reference. */
  errors?: "before";
  /** The moment that the scrubber stands on. */
  at?: string;
  /** Two sides are held against each other, and not the present against the reference. */
  sides?: boolean;
  /** The sides: a time as `components/side` has it, a version and a segment. */
  a?: string;
  a_version?: string;
  a_segment?: string;
  b?: string;
  b_version?: string;
  b_segment?: string;
}

export const RECORD_KINDS = ["predictions", "labels", "feedback", "explanations"] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

type Told = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== ""
    ? value.slice(0, 500)
    : typeof value === "number"
      ? String(value)
      : undefined;

const moment = (value: unknown): string | undefined => {
  const told = text(value);
  return told && !Number.isNaN(Date.parse(told)) ? told : undefined;
};

const MOST = 50;

const texts = (value: unknown): string[] | undefined => {
  const told = Array.isArray(value) ? value.flatMap((each) => text(each) ?? []) : [];
  return told.length ? told.slice(0, MOST) : undefined;
};

const oneOf = <T extends string>(value: unknown, known: readonly T[]): T | undefined =>
  known.find((each) => each === value);

const only = <T extends object>(told: T): T =>
  Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as T;

export const fleetSearch = (told: Told): FleetSearch =>
  only({
    q: text(told.q),
    status: oneOf(told.status, ["critical", "warning", "healthy", "unknown"] as const),
    sort: oneOf(told.sort, ["need", "name", "traffic", "seen"] as const),
    group: text(told.group),
  });

export const incidentsSearch = (told: Told): IncidentsSearch =>
  only({ state: oneOf(told.state, ["live", "all"] as const), model: text(told.model) });

export const monitorsSearch = (told: Told): { q?: string } => only({ q: text(told.q) });

export const retrainingSearch = (told: Told): RetrainingSearch =>
  only({ state: oneOf(told.state, JOB_STATES), model: text(told.model) });

export const modelSearch = (told: Told): ModelSearch =>
  only({
    range: oneOf(told.range, Object.keys(RANGES) as RangeName[]),
    from: moment(told.from),
    to: moment(told.to),
    version: text(told.version),
    segment: text(told.segment),
    feature: text(told.feature),
    metric: text(told.metric),
    id: text(told.id),
    kind: oneOf(told.kind, RECORD_KINDS),
    where: texts(told.where),
    columns: texts(told.columns),
    estimated: told.estimated === true ? true : undefined,
    output: text(told.output),
    at: moment(told.at),
    slices: told.slices === true ? true : undefined,
    by: text(told.by),
    errors: oneOf(told.errors, ["before"] as const),
    sides: told.sides === true ? true : undefined,
    a: text(told.a),
    a_version: text(told.a_version),
    a_segment: text(told.a_segment),
    b: text(told.b),
    b_version: text(told.b_version),
    b_segment: text(told.b_segment),
  });
