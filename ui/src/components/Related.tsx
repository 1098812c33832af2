import { Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type Incident, useIncidents } from "../api/incidents";
import { Moment } from "./Moment";
import { Panel } from "./Panel";
import { Status } from "./Status";

const CLOSE_MS = 12 * 3_600_000;
const MOST = 8;

/** What else opened around the same time: often one cause has many effects. */
export function Related({ incident }: { incident: Incident }) {
  const { incidents } = useIncidents({ limit: 200 });
  const far = (each: Incident) =>
    Math.abs(Date.parse(each.opened_at) - Date.parse(incident.opened_at));
  const close = incidents
    .filter((each) => each.incident_id !== incident.incident_id && far(each) <= CLOSE_MS)
    .sort(
      (a, b) =>
        Number(b.model_id === incident.model_id) - Number(a.model_id === incident.model_id) ||
        far(a) - far(b),
    )
    .slice(0, MOST);
  if (!close.length) return null;
  return (
    <Panel title="Around the same time">
      <Stack gap={6}>
        {close.map((each) => (
          <Group key={each.incident_id} gap={8} wrap="nowrap">
            <Status is={each.severity} />
            <Text
              size="sm"
              truncate
              style={{ flex: 1 }}
              renderRoot={(props) => (
                <Link
                  to="/incidents/$incidentId"
                  params={{ incidentId: each.incident_id }}
                  {...props}
                />
              )}
            >
              {each.title}
            </Text>
            <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
              <Moment at={each.opened_at} />
            </Text>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
