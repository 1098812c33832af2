import { Badge, Grid, Group, List, Stack, Text, Title } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { type IncidentWhole, useIncident } from "../api/incidents";
import { useProfile } from "../api/model";
import { Chart } from "../charts/Chart";
import { distributions } from "../charts/distributions";
import { short } from "../charts/heat";
import { AnchorLink } from "../components/AnchorLink";
import { Part } from "../components/Fallback";
import { IncidentActions } from "../components/IncidentActions";
import { Moment } from "../components/Moment";
import { digits, named, whole } from "../components/numbers";
import { Panel } from "../components/Panel";
import { Related } from "../components/Related";
import { Status } from "../components/Status";
import { Timeline } from "../components/Timeline";
import { type Finding, findingsOf } from "./findings";

const BEFORE_MS = 3_600_000;

/** One incident: what is known of it, what to do, who was told, and what people did. */
export function IncidentPage() {
  const { incidentId } = useParams({ from: "/incidents/$incidentId" });
  const incident = useIncident(incidentId);
  const findings = findingsOf(incident.findings);
  const first = findings.find((each) => each.features.length > 0);
  return (
    <Stack gap="md" maw={1200} mx="auto">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 420px" }}>
          <Group gap={8} mb={4}>
            <Status is={incident.severity} word />
            <Badge variant="light" color="gray" tt="none" fw={500}>
              {incident.state}
            </Badge>
            {incident.is_silenced ? (
              <Badge variant="light" color="gray" tt="none" fw={500}>
                silenced
              </Badge>
            ) : null}
            {incident.is_flapping ? (
              <Badge variant="light" color="orange" tt="none" fw={500}>
                comes and goes
              </Badge>
            ) : null}
          </Group>
          <Title order={1}>{incident.title}</Title>
          <Text size="sm" c="dimmed" mt={4}>
            <AnchorLink
              to="/models/$modelId/overview"
              params={{ modelId: incident.model_id }}
              size="sm"
            >
              {incident.model_id}
            </AnchorLink>
            {" · opened "}
            <Moment at={incident.opened_at} />
            {incident.owner ? ` · ${incident.owner}` : ""}
            {incident.acked_by ? ` · ${incident.acked_by} is on it` : ""}
            {incident.snoozed_until ? " · snoozed, wakes " : ""}
            {incident.snoozed_until ? <Moment at={incident.snoozed_until} /> : null}
          </Text>
        </div>
        <IncidentActions incident={incident} />
      </Group>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            {findings.map((each) => (
              <Evidence
                key={`${each.monitor} ${each.version} ${each.segment}`}
                incident={incident}
                finding={each}
              />
            ))}
            {first?.features[0] ? (
              <Part height={280}>
                <Picture
                  incident={incident}
                  feature={first.features[0].name}
                  segment={first.segment}
                />
              </Part>
            ) : null}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            {incident.recommended_actions.length ? (
              <Panel title="What to do">
                <List type="ordered" size="sm" spacing={4}>
                  {incident.recommended_actions.map((each) => (
                    <List.Item key={each}>{each}</List.Item>
                  ))}
                </List>
              </Panel>
            ) : null}
            <Part height={120}>
              <Related incident={incident} />
            </Part>
            <Timeline incident={incident} />
            <Deliveries incident={incident} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function Evidence({ incident, finding }: { incident: IncidentWhole; finding: Finding }) {
  const where = [finding.version && `version ${finding.version}`, finding.segment]
    .filter(Boolean)
    .join(", ");
  return (
    <Panel title={finding.what} about={where}>
      <Group gap="xl" mb={finding.features.length ? "sm" : 0}>
        {finding.value === null ? null : (
          <Fact name={`${named(finding.metric)} now`} value={digits(finding.value)}>
            {finding.low === null ? "" : `surely ${digits(finding.low)} to ${digits(finding.high)}`}
          </Fact>
        )}
        {finding.baseline === null ? null : <Fact name="It was" value={digits(finding.baseline)} />}
        {finding.threshold === null ? null : (
          <Fact name="Limit" value={digits(finding.threshold)} />
        )}
        {finding.since ? <Fact name="Since" value={<Moment at={finding.since} />} /> : null}
        <Fact name="From" value={whole(finding.n)}>
          rows
        </Fact>
      </Group>
      {finding.features.length ? (
        <table className="rows">
          <thead>
            <tr>
              <th style={{ paddingLeft: 0 }}>Column</th>
              <th>What happened</th>
              <th className="number">Effect</th>
            </tr>
          </thead>
          <tbody>
            {finding.features.map((each) => (
              <tr key={each.name}>
                <td style={{ paddingLeft: 0 }}>
                  <AnchorLink
                    to="/models/$modelId/drift"
                    params={{ modelId: incident.model_id }}
                    search={{ feature: each.name, segment: finding.segment || undefined }}
                    size="sm"
                    fw={550}
                  >
                    {short(each.name)}
                  </AnchorLink>
                </td>
                <td>{each.what}</td>
                <td className="number">{digits(each.effect)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </Panel>
  );
}

function Fact({
  name,
  value,
  children,
}: {
  name: string;
  value: React.ReactNode;
  children?: React.ReactNode;
}) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="sm" fw={600}>
        {value}{" "}
        <Text span size="xs" c="dimmed" fw={400}>
          {children}
        </Text>
      </Text>
    </div>
  );
}

function Picture({
  incident,
  feature,
  segment,
}: {
  incident: IncidentWhole;
  feature: string;
  segment: string;
}) {
  const opened = Date.parse(incident.opened_at);
  const end = incident.resolved_at
    ? Date.parse(incident.resolved_at)
    : Math.ceil(Date.now() / 60_000) * 60_000;
  const found = useProfile(
    {
      modelId: incident.model_id,
      start: new Date(opened - BEFORE_MS).toISOString(),
      end: new Date(end).toISOString(),
      segment: segment || undefined,
    },
    feature,
  );
  const shown = found?.features[0];
  return shown ? <Chart draw={distributions} of={[shown]} /> : null;
}

function Deliveries({ incident }: { incident: IncidentWhole }) {
  if (!incident.notices.length) return null;
  return (
    <Panel title="Who was told" flush>
      <table className="rows">
        <tbody>
          {incident.notices.map((each) => (
            <tr key={each.notice_id}>
              <td>{each.channel}</td>
              <td>{each.kind}</td>
              <td>
                {each.status}
                <Text size="xs" c="dimmed" lineClamp={1}>
                  {each.answer}
                </Text>
              </td>
              <td style={{ whiteSpace: "nowrap" }}>
                <Moment at={each.ended_at ?? each.made_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
