import { Alert, Button, Group, Loader, Select, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useFleet } from "../../api/fleet";
import { type Backtest, type Document, type Outcome, useBacktest } from "../../api/monitors";
import { alarms } from "../../charts/alarms";
import { Chart } from "../../charts/Chart";
import { digits, named, sum } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { spanOf } from "../../components/time";
import { isAbout } from "./told";

const PAUSE_MS = 700;

interface Props {
  document: Document | null;
  onUse: (document: Document) => void;
}

/** What this would have told of a model's past, while it is written. */
export function BacktestPanel({ document, onUse }: Props) {
  const { models } = useFleet();
  const [picked, setPicked] = useState<string | null>(null);
  const [days, setDays] = useState("30");
  const [steady] = useDebouncedValue(document, PAUSE_MS);
  // The busiest first: it has a past to try it on.
  const names = [...models]
    .sort((a, b) => sum(b.rate_24h) - sum(a.rate_24h))
    .map((each) => each.model_id);
  const fitting = steady ? names.filter((each) => isAbout(steady, each)) : names;
  const model = picked && names.includes(picked) ? picked : (fitting[0] ?? null);
  const { data, error, isFetching } = useBacktest(model, steady, Number(days));
  return (
    <Panel
      title="On the past"
      actions={isFetching ? <Loader size="xs" role="status" aria-label="Trying it" /> : null}
    >
      <Stack gap="sm">
        <Group gap="xs">
          <Select
            aria-label="Of which model"
            size="xs"
            searchable
            data={fitting.length ? fitting : names}
            value={model}
            onChange={setPicked}
            style={{ flex: 1, minWidth: 160 }}
          />
          <Select
            aria-label="How far back"
            size="xs"
            w={110}
            allowDeselect={false}
            data={["7", "30", "90"].map((each) => ({ value: each, label: `${each} days` }))}
            value={days}
            onChange={(value) => setDays(value ?? "30")}
          />
        </Group>
        {error ? (
          <Alert color="gray" variant="light">
            {error.message}
          </Alert>
        ) : data && model ? (
          <Told test={data} days={Number(days)} onUse={onUse} />
        ) : (
          <Text size="sm" c="dimmed">
            {model ? "What it would have told stands here." : "There is no model yet to try it on."}
          </Text>
        )}
      </Stack>
    </Panel>
  );
}

function Told({ test, days, onUse }: { test: Backtest; days: number; onUse: Props["onUse"] }) {
  const count = sum(test.outcomes.map((each) => each.alarm_count));
  const quieter = test.outcomes.find((each) => each.quieter)?.quieter;
  const span = Math.min(days, (Date.parse(test.end_time) - Date.parse(test.start_time)) / 86.4e6);
  return (
    <Stack gap="sm">
      <Text fw={600} role="status">
        With this you would have had {count} {count === 1 ? "alarm" : "alarms"} in {digits(span, 2)}{" "}
        days
      </Text>
      <Text size="xs" c="dimmed">
        What alarms at every reading would have had {digits(test.always.alarms_a_week * (span / 7))}
        . Read in {test.took_ms} ms, {test.rows.toLocaleString("en")} rows.
      </Text>
      {count ? <Chart draw={alarms} of={[test]} /> : null}
      {test.outcomes
        .filter((each) => each.trials.length || each.note)
        .slice(0, 4)
        .map((each) => (
          <Trials key={`${each.version} ${each.segment}`} outcome={each} />
        ))}
      {quieter ? (
        <Alert color="tide" variant="light" title="A quieter one">
          <Text size="sm">
            {quieter.what}: {quieter.alarm_count} {quieter.alarm_count === 1 ? "alarm" : "alarms"}{" "}
            instead of {count}.
          </Text>
          <Button size="xs" variant="default" mt="xs" onClick={() => onUse(quieter.document)}>
            Use it
          </Button>
        </Alert>
      ) : null}
    </Stack>
  );
}

function Trials({ outcome }: { outcome: Outcome }) {
  const where = [outcome.version, outcome.segment].filter(Boolean).join(", ");
  return (
    <div className="scroll">
      {outcome.note ? (
        <Text size="sm" c="dimmed">
          {outcome.note}
        </Text>
      ) : null}
      {outcome.trials.length ? (
        <table className="rows">
          <thead>
            <tr>
              <th>If this happened{where ? ` (${where})` : ""}</th>
              <th className="number">Found</th>
              <th className="number">Half within</th>
              <th className="number">By chance</th>
            </tr>
          </thead>
          <tbody>
            {outcome.trials.map((each) => (
              <tr key={each.change}>
                <td>{named(each.change)}</td>
                <td className="number" style={{ whiteSpace: "nowrap" }}>
                  {each.found} of {each.planted}
                </td>
                <td className="number">
                  {each.median_delay_seconds === null ? "–" : spanOf(each.median_delay_seconds)}
                </td>
                <td className="number">{each.by_chance}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </div>
  );
}
