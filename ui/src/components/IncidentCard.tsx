import { Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Incident } from "../api/incidents";
import { Moment } from "./Moment";
import { Status } from "./Status";

/** One incident in two lines: what, since when, and who is on it. */
export function IncidentCard({ incident }: { incident: Incident }) {
  const person = incident.acked_by || incident.owner;
  return (
    <Link
      to="/incidents/$incidentId"
      params={{ incidentId: incident.incident_id }}
      className="plain"
      style={{ textDecoration: "none", display: "block", padding: "6px 0" }}
    >
      <Group gap={10} wrap="nowrap" align="flex-start">
        <span style={{ paddingTop: 2 }}>
          <Status is={incident.severity} />
        </span>
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={550}>
            {incident.title}
          </Text>
          <Text size="xs" c="dimmed">
            {incident.state}, <Moment at={incident.opened_at} />
            {person ? ` · ${person}` : ""}
            {incident.is_silenced ? " · silenced" : ""}
          </Text>
        </div>
      </Group>
    </Link>
  );
}
