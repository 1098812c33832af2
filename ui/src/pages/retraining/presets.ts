/** Where a new policy begins: who trains, and when. */

export const PRESETS: { name: string; text: string }[] = [
  {
    name: "A command, when drift lasts",
    text: `models: "fraud-*"
target: {kind: command, name: train}
detections: {count: 3, within: 1 d}
gate: {better_by: 0.1}
`,
  },
  {
    name: "A command, every Monday",
    text: `models: "fraud-*"
target: {kind: command, name: train}
detections: null
calendar: {rule: FREQ=WEEKLY;BYDAY=MO, at: "06:00", timezone: UTC}
`,
  },
  {
    name: "A webhook: Airflow, Argo, CI",
    text: `models: "fraud-*"
target: {kind: webhook, channel: train-it, silence: 30 min}
detections: {count: 3, within: 1 d}
promotion: {channel: deploy-it, watch: 7 d}
`,
  },
  {
    name: "A trainer in Python",
    text: `models: "fraud-*"
target: {kind: python, name: fraud}
detections: {count: 3, within: 1 d}
`,
  },
];

export const RUNNER = 'tidegauge worker --jobs --command train="python train.py"';
