/** What pictures are tried on: the usual, and what is hard to draw.  The same each time. */
import type { Shown } from "../api/client";
import type { Drift } from "../api/model";
import type { Backtest } from "../api/monitors";
import { alarms } from "../charts/alarms";
import { calibration } from "../charts/calibration";
import { confusion } from "../charts/confusion";
import { distributions } from "../charts/distributions";
import type { Drawing } from "../charts/drawing";
import { drift } from "../charts/drift";
import { groups } from "../charts/groups";
import { importance, importanceCourse } from "../charts/importance";
import { type Moved, moved } from "../charts/moved";
import { performance } from "../charts/performance";
import { type Duel, proof } from "../charts/proof";
import { spread } from "../charts/spread";
import { errors, latency, throughput } from "../charts/traffic";
import { digits, percent } from "../components/numbers";

interface Example {
  name: string;
  drawing: Drawing;
}

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 16);
const LONG = "the-average-of-what-this-customer-spent-in-a-week_".repeat(3);

/** Numbers between 0 and 1 that look like chance. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

const times = (count: number, step = HOUR): string[] =>
  Array.from({ length: count }, (_, place) => new Date(START + place * step).toISOString());

function course(count: number, value: (place: number) => number | null, matureUntil = count) {
  return {
    data_points: times(count).map((timestamp, place) => {
      const found = value(place);
      const figure =
        found === null ? null : { value: found, low: found - 0.03, high: found + 0.03 };
      return {
        timestamp,
        coverage: 0.8,
        is_mature: place < matureUntil,
        metrics: figure ? { accuracy: { ...figure, n: 400, bound: 0 } } : {},
      };
    }),
  } as unknown as Shown["PerformanceShown"];
}

function expected(count: number) {
  return {
    data_points: times(count).map((timestamp, place) => ({
      timestamp,
      is_supported: place > 3,
      estimated: { accuracy: { value: 0.89, low: 0.85, high: 0.93, n: 400, bound: 0 } },
    })),
  } as unknown as Shown["EstimatesShown"];
}

function traffic(count: number, told: boolean) {
  const chance = chances(2);
  const point = (timestamp: string, place: number) => ({
    timestamp,
    calls: {
      total_predictions: 6_000,
      throughput_per_minute: 100 + 60 * Math.sin((place / 24) * 2 * Math.PI) + 10 * chance(),
      p50_latency_ms: told ? 12 + chance() : null,
      p95_latency_ms: told ? 25 + 6 * chance() : null,
      p99_latency_ms: told ? 50 + (place === 70 ? 900 : 30 * chance()) : null,
      error_rate: told ? 0.01 * chance() : null,
    },
  });
  return {
    data_points: times(count).map(point),
    total: {
      total_predictions: 6_000 * count,
      p50_latency_ms: told ? 12.4 : null,
      error_rate: 0.005,
    },
  } as unknown as Shown["TrafficSeries"];
}

function drifts(names: readonly string[], count: number) {
  const chance = chances(3);
  return {
    step: 3_600,
    series: names.map((feature, row) => ({
      feature,
      facet: "",
      data_points: times(count).map((timestamp, place) => ({
        timestamp,
        value: place === 5 ? null : row === 0 && place > count / 2 ? 0.6 : 0.05 * chance(),
        status: "normal",
        n: 400,
      })),
    })),
  } as unknown as Drift;
}

function spans(names: readonly string[], count: number, format = 10): Moved {
  const chance = chances(4);
  return {
    starts: times(count + 1, 6 * HOUR).map((time) => time.replace("T", " ").slice(0, format)),
    current_from: Math.floor(count / 3),
    columns: names.map((name, row) => [
      name,
      times(count).map((_, place) =>
        place === 5 ? null : row === 0 && place > count / 2 ? 2.5 : 0.4 * chance(),
      ),
    ]),
  };
}

const bell = (count: number, middle: number): number[] => {
  const raw = Array.from({ length: count }, (_, place) =>
    Math.exp(-(((place - middle) / (count / 8)) ** 2)),
  );
  const sum = raw.reduce((all, each) => all + each, 0);
  return raw.map((each) => each / sum);
};

const binned = {
  name: "features.amount",
  picture: {
    edges: Array.from({ length: 41 }, (_, place) => place * 25),
    reference: bell(40, 15).map((each) => each * 0.98),
    current: bell(40, 22).map((each) => each * 0.93),
    below: [0.01, 0.01],
    above: [0.01, 0.04],
    missing: [0, 0.02],
  },
} as unknown as Parameters<typeof distributions>[0];

const onScale = (edge: (place: number) => number) =>
  ({
    ...binned,
    picture: { ...binned.picture, edges: Array.from({ length: 41 }, (_, place) => edge(place)) },
  }) as typeof binned;

const named = (labels: readonly string[]) =>
  ({
    name: "features.plan",
    picture: {
      labels,
      reference: labels.map((_, place) => 0.6 / 2 ** place),
      current: labels.map((_, place) => 0.5 / 2 ** (labels.length - place - 1)),
      special: 0,
    },
  }) as unknown as Parameters<typeof distributions>[0];

const cells = (names: readonly string[]) =>
  names.flatMap((actual, row) =>
    names.map((predicted, column) => ({
      actual,
      predicted,
      count: row === column ? 900 : Math.max(0, 60 - 20 * Math.abs(row - column)),
    })),
  );

const bands = Array.from({ length: 20 }, (_, place) => {
  const score = (place + 0.5) / 20;
  return { score, happened: score ** 1.3, count: 40_000 * (1 - score) ** 3 + 20 };
});

/** How errors are spread, in bars of a width, the first of them so many before 0. */
function erring(
  width: number,
  first: number,
  shares: readonly number[],
  reference?: readonly number[],
) {
  const figure = (value: number) => ({ value, low: null, high: null, n: 900, bound: 0 });
  const side = (own: readonly number[]) => {
    const quantile = (level: number): number => {
      let upto = 0;
      const place = own.findIndex((each) => {
        upto += each;
        return upto >= level;
      });
      return (first + place) * width;
    };
    const levels = { p5: 0.05, p25: 0.25, median: 0.5, p75: 0.75, p95: 0.95 };
    return {
      n: 900,
      is_enough: true,
      bias: figure(0),
      quantiles: Object.fromEntries(
        Object.entries(levels).map(([name, level]) => [name, figure(quantile(level))]),
      ),
      counts: own.map((each) => each * 900),
      below: 0,
      above: 0,
    };
  };
  return {
    output: "",
    edges: [...shares, 0].map((_, place) => (first + place - 0.5) * width),
    now: side(shares),
    other: reference ? side(reference) : null,
  };
}

const grouped = (names: readonly string[]) =>
  names.map((group, place) => ({
    group,
    value: 0.5 + 0.05 * place,
    low: place === 1 ? null : 0.45 + 0.05 * place,
    high: place === 1 ? null : 0.55 + 0.05 * place,
    n: 1_000,
  }));

const weighed = (names: readonly string[]) =>
  names.map((feature, place) => {
    const now = 0.4 / (place + 1);
    return {
      feature,
      before: place === 2 ? null : now * 1.2,
      now,
      low: now * 0.9,
      high: now * 1.1,
    };
  });

const shares = (names: readonly string[]) =>
  times(24).flatMap((time, place) =>
    names.map((feature, row) => ({
      feature,
      time: new Date(time),
      share: place === 9 ? Number.NaN : 0.3 / (row + 1) + 0.02 * Math.sin(place / 3 + row),
    })),
  );

const tried = {
  start_time: times(1)[0],
  end_time: times(721)[720],
  outcomes: [
    {
      version: "2",
      segment: "",
      alarms: [200, 400, 410].map((hour) => ({
        at: times(721)[hour],
        until: times(721)[hour + 8],
        severity: "high",
        reason: "amount moved",
      })),
    },
    { version: "", segment: "tags.region=eu", alarms: [] },
  ],
} as unknown as Backtest;

const FEATURES = ["amount", "country", "age_days", "device", "hour"];
const MANY = Array.from({ length: 25 }, (_, place) => `features.column_${place}`);

const duel = (improvement: number, low: number, high: number): Duel => ({
  metric: "f1",
  champion: 0.8123,
  candidate: 0.8517,
  improvement,
  low,
  high,
  n: 2_000,
});

const found: Record<string, Drawing> = {
  performance: performance(
    course(48, (place) => 0.9 - (place > 30 ? 0.1 : 0), 40),
    "accuracy",
    expected(48),
  ),
  "performance with gaps": performance(
    course(48, (place) => (place % 7 ? 0.9 : null)),
    "accuracy",
  ),
  "performance of one point": performance(
    course(1, () => 0.5),
    "accuracy",
  ),
  "performance of nothing": performance(
    course(0, () => null),
    "accuracy",
  ),
  traffic: throughput(traffic(96, true)),
  latency: latency(traffic(96, true)),
  "latency of nothing": latency(traffic(96, false)),
  errors: errors(traffic(96, true)),
  drift: drift(
    drifts(
      FEATURES.map((each) => `features.${each}`),
      48,
    ),
    FEATURES.map((each) => `features.${each}`),
    "psi",
  ),
  "drift of many": drift(drifts(MANY, 168), MANY, "psi"),
  "drift of long names": drift(
    drifts([`${LONG}a`, `${LONG}b`], 24),
    [`${LONG}a`, `${LONG}b`],
    "psi",
  ),
  "moved apart": moved(spans(FEATURES, 40)),
  "moved apart, one alone": moved(spans(["amount"], 60, 16)),
  "moved apart, of long names": moved(spans([`${LONG}a`, LONG, LONG], 3)),
  "distributions of numbers": distributions(binned),
  "distributions of close numbers": distributions(onScale((place) => 1_700_000_000 + 900 * place)),
  "distributions of days": distributions({
    ...onScale((place) => 19_786 + place),
    facet: "day",
  }),
  "distributions of names like groups": distributions(named(["missing", "other", "missing"])),
  "distributions of names": distributions(named(["free", "pro", "team", "enterprise"])),
  "distributions of long names": distributions(
    named([LONG, "日本語の名前", "🦀🦀🦀", "مرحبا بالعالم"]),
  ),
  confusion: confusion(cells(["ok", "fraud"])),
  "confusion of many": confusion(cells(Array.from({ length: 30 }, (_, place) => `class ${place}`))),
  calibration: calibration(bands),
  spread: spread(erring(2, -14, bell(36, 18), bell(36, 13))),
  "spread of two humps": spread(
    erring(
      0.005,
      -8,
      bell(30, 8).map((each, place) => 0.8 * each + (place === 25 ? 0.2 : 0)),
    ),
  ),
  "spread of one value": spread(erring(1, 0, [1])),
  "spread of the largest": spread(erring(1e306, -10, bell(20, 10))),
  groups: groups("Accuracy by region", "with the 95 % interval", grouped(["eu", "us", "asia"])),
  "groups of long names": groups("Accuracy", "of each", grouped([LONG, "b"]), percent),
  importance: importance(weighed(FEATURES), "before"),
  alarms: alarms(tried),
  proof: proof(duel(0.21, 0.12, 0.3), 0.1, "F1, as a share of what was missing, 95 %"),
  "proof of what is worse": proof(duel(-0.4, -0.62, -0.18), 0.1, "F1, 95 %"),
  "proof of close numbers": proof(duel(1e-4, -1e-4, 3e-4), 0, "Loss, in its own unit", digits),
  "proof with a far margin": proof(duel(0.01, 0, 0.02), 5, "F1, 95 %"),
  "proof of nothing": proof({ ...duel(0, 0, 0), improvement: null }, 0.1, ""),
  "importance over time": importanceCourse(shares(FEATURES.slice(0, 4))),
};

export const EXAMPLES: readonly Example[] = Object.entries(found).map(([name, drawing]) => ({
  name,
  drawing,
}));
