/** Where a new monitor begins: what people most often want to know. */

export const PRESETS: { name: string; text: string }[] = [
  {
    name: "Inputs move",
    text: `name: inputs have moved
kind: drift
models: "*"
one_false_alarm_in_months: 100
`,
  },
  {
    name: "Slow answers",
    text: `name: answers are slow
metric: latency_p95_ms
models: "*"
window: 5 min
min_rows: 50
conditions:
  - {max: 200, severity: medium}
  - {max: 500, severity: high}
`,
  },
  {
    name: "Fewer calls",
    text: `name: fewer calls than usual
metric: throughput_per_minute
models: "*"
window: 1 h
every: 5 min
conditions:
  - {change: 50 %, direction: down, against: same hour, severity: medium}
`,
  },
  {
    name: "Missing values",
    text: `name: values are missing
metric: missing_rate
column: amount
models: "*"
window: 1 h
conditions:
  - {absolute_change: 0.05, direction: up, against: reference, severity: high}
`,
  },
  {
    name: "Worse than it was",
    text: `name: worse than it was
kind: performance
metric: f1
models: "*"
window: 7 d
conditions:
  - {absolute_change: 0.05, direction: down, against: last 30 d, severity: high}
`,
  },
  {
    name: "Unfair to a group",
    text: `name: unfair to a group
kind: fairness
models: "*"
window: 30 d
every: 1 d
`,
  },
];
