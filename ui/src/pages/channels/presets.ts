/** What each kind of channel needs to be told. */

export const PRESETS: Record<string, string> = {
  Email: `kind: email
host: smtp.example.com
sender: tidegauge@example.com
to: [team@example.com]
min_severity: high
`,
  Slack: `kind: slack
url: https://hooks.slack.com/services/…
min_severity: medium
`,
  PagerDuty: `kind: pagerduty
routing_key: …
min_severity: high
`,
  Teams: `kind: teams
url: https://…
min_severity: medium
`,
  Webhook: `kind: webhook
url: https://example.com/hooks/tidegauge
min_severity: low
`,
  Console: `kind: console
min_severity: low
`,
};
