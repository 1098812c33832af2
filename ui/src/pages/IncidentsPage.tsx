import { Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type Incident, useIncidents } from "../api/incidents";
import { Empty } from "../components/Empty";
import { Moment } from "../components/Moment";
import { Status } from "../components/Status";
import { spanOf } from "../components/time";

/** The inbox: what is open, the gravest first; or all that was. */
export function IncidentsPage() {
  const { state = "live", model } = useSearch({ from: "/incidents" });
  const go = useNavigate({ from: "/incidents" });
  const { incidents } = useIncidents({
    model,
    ...(state === "live" ? { state: ["open", "acknowledged"] } : {}),
  });
  const rank = ["critical", "high", "medium", "low"];
  const sorted =
    state === "live"
      ? [...incidents].sort((a, b) => rank.indexOf(a.severity) - rank.indexOf(b.severity))
      : incidents;
  return (
    <Stack gap="md" maw={1200} mx="auto">
      <Group justify="space-between">
        <Title order={1}>
          {state === "all"
            ? "Incidents"
            : incidents.length
              ? `${incidents.length} open ${incidents.length === 1 ? "incident" : "incidents"}`
              : "No incident is open"}
        </Title>
        <SegmentedControl
          aria-label="Which"
          size="xs"
          value={state}
          onChange={(value) =>
            go({ search: (old) => ({ ...old, state: value as "live" | "all" }) })
          }
          data={[
            { value: "live", label: "Open" },
            { value: "all", label: "All" },
          ]}
        />
      </Group>
      <div className="panel scroll">
        {sorted.length ? (
          <table className="rows">
            <thead>
              <tr>
                <th>What</th>
                <th>Model</th>
                <th>State</th>
                <th>Opened</th>
                <th>Lasted</th>
                <th>Who</th>
              </tr>
            </thead>
            <tbody>
              {sorted.map((each) => (
                <Row key={each.incident_id} incident={each} />
              ))}
            </tbody>
          </table>
        ) : (
          <Empty title="All is calm">
            When a monitor is sure that something moved, it opens an incident here, and tells your
            channels.
          </Empty>
        )}
      </div>
    </Stack>
  );
}

function Row({ incident }: { incident: Incident }) {
  const go = useNavigate();
  const params = { incidentId: incident.incident_id };
  const open = () => go({ to: "/incidents/$incidentId", params });
  const end = incident.resolved_at ? Date.parse(incident.resolved_at) : Date.now();
  return (
    <tr
      data-open
      tabIndex={0}
      onClick={open}
      onKeyDown={(event) => event.key === "Enter" && open()}
    >
      <td style={{ minWidth: 260 }}>
        <Group gap={10} wrap="nowrap">
          <Status is={incident.severity} />
          <Link to="/incidents/$incidentId" params={params} className="plain" tabIndex={-1}>
            <Text size="sm" fw={550}>
              {incident.title}
            </Text>
          </Link>
        </Group>
      </td>
      <td>{incident.model_id}</td>
      <td>
        {incident.state}
        {incident.is_silenced ? ", silenced" : ""}
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={incident.opened_at} />
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        {spanOf((end - Date.parse(incident.opened_at)) / 1000)}
      </td>
      <td>{incident.acked_by || incident.owner || "–"}</td>
    </tr>
  );
}
