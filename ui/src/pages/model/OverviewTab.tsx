import { Grid, Group, Stack, Text } from "@mantine/core";
import { useIncidents } from "../../api/incidents";
import { useDiagnosis, usePerformance, useStatus, useTraffic } from "../../api/model";
import { Chart } from "../../charts/Chart";
import { performance } from "../../charts/performance";
import { throughput } from "../../charts/traffic";
import { AnchorLink } from "../../components/AnchorLink";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { IncidentCard } from "../../components/IncidentCard";
import { digits, named, percent, short } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { labelledStepOf, stepOf, usePart } from "./part";

const LIVE = ["open", "acknowledged"] as const;

/** What changed, since when, how sure that is, and what to do. */
export function OverviewTab() {
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Stack gap="md">
          <Part>
            <Troubles />
          </Part>
          <Part height={260}>
            <Performance />
          </Part>
          <Part height={260}>
            <Traffic />
          </Part>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Stack gap="md">
          <Part>
            <Meaning />
          </Part>
          <Part>
            <Health />
          </Part>
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

function Troubles() {
  const { modelId } = usePart();
  const { incidents } = useIncidents({ model: modelId, state: [...LIVE] });
  return (
    <Panel
      title="What is the matter"
      about={incidents.length ? "Open incidents, with what to do" : ""}
    >
      {incidents.length ? (
        incidents.map((each) => <IncidentCard key={each.incident_id} incident={each} />)
      ) : (
        <Empty title="Nothing is the matter">
          No incident is open. What is watched is on the Monitors page.
        </Empty>
      )}
    </Panel>
  );
}

function Meaning() {
  const diagnosis = useDiagnosis(usePart());
  return (
    <Panel title="What it means" about="Inputs, reasons and performance, seen together">
      <Stack gap={8}>
        <Text size="sm" fw={550}>
          {diagnosis.meaning}
        </Text>
        <Text size="sm">{diagnosis.look_first}</Text>
        {diagnosis.sentences.map((each) => (
          <Text key={each} size="sm" c="dimmed">
            {each}
          </Text>
        ))}
        <table className="rows">
          <tbody>
            {diagnosis.facts.map((each) => (
              <tr key={each.name}>
                <td style={{ width: 110, paddingLeft: 0 }}>{named(each.name)}</td>
                <td>
                  <Text size="sm" fw={600}>
                    {each.moved === null ? "not known" : each.moved ? "moved" : "as ever"}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {each.reason}
                  </Text>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Stack>
    </Panel>
  );
}

function Health() {
  const { modelId } = usePart();
  const status = useStatus(modelId);
  const calls = status.traffic;
  return (
    <Panel title="Now" about="The last 24 hours">
      <table className="rows">
        <tbody>
          <Fact
            name="Health"
            value={status.health_score === null ? "not known" : `${status.health_score} of 100`}
          />
          <Fact name="Predictions" value={short(calls.total_predictions)} />
          <Fact
            name="Latency p50, p95, p99"
            value={`${[calls.p50_latency_ms, calls.p95_latency_ms, calls.p99_latency_ms]
              .map((each) => digits(each, 2))
              .join(", ")} ms`}
          />
          <Fact name="Errors" value={percent(calls.error_rate)} />
          <Fact
            name="Reference"
            value={
              status.baseline
                ? `${status.baseline.name}, ${short(status.baseline.rows)} rows`
                : "none yet"
            }
          />
        </tbody>
      </table>
      {status.reasons.map((each) => (
        <div key={each.code} style={{ paddingTop: 10 }}>
          <Text size="sm" fw={550}>
            {each.message}
          </Text>
          <Text size="xs" c="dimmed">
            {each.recommendation}
          </Text>
        </div>
      ))}
    </Panel>
  );
}

function Performance() {
  const part = usePart();
  const found = usePerformance(part, labelledStepOf(part));
  const metric = found.main_metric;
  if (!metric)
    return (
      <Panel title="Performance">
        <Empty title="No label has come">
          Bring the truth when it is known, by <code>client.label</code> or a file, and each figure
          stands here with its interval.
        </Empty>
      </Panel>
    );
  return (
    <Stack gap={6}>
      <Chart draw={performance} of={[found, metric, null, 190]} />
      <Group justify="flex-end">
        <AnchorLink
          to="/models/$modelId/performance"
          params={{ modelId: part.modelId }}
          search
          size="xs"
        >
          All figures
        </AnchorLink>
      </Group>
    </Stack>
  );
}

function Traffic() {
  const part = usePart();
  return <Chart draw={throughput} of={[useTraffic(part, stepOf(part)), 150]} />;
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <tr>
      <td style={{ paddingLeft: 0, color: "var(--faint)" }}>{name}</td>
      <td className="number">{value}</td>
    </tr>
  );
}
