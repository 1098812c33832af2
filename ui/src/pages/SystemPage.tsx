import { Progress, Stack, Text, Title } from "@mantine/core";
import { useSystem } from "../api/fleet";
import { type Job, useJobs } from "../api/kept";
import { Part } from "../components/Fallback";
import { Moment } from "../components/Moment";
import { named, percent } from "../components/numbers";
import { Panel } from "../components/Panel";
import { Status } from "../components/Status";
import { SystemStrip } from "../components/SystemStrip";

const RANK: Record<string, number> = { running: 0, waiting: 1, failed: 2, cancelled: 3, done: 4 };

/** How tidegauge itself does, and what it works at. */
export function SystemPage() {
  return (
    <Stack gap="md" maw={1200} mx="auto">
      <Part height={120}>
        <Health />
      </Part>
      <Part height={200}>
        <Jobs />
      </Part>
    </Stack>
  );
}

function Health() {
  const system = useSystem();
  const isWell = system.overall_status === "healthy";
  return (
    <>
      <Title order={1}>{isWell ? "tidegauge is well" : "tidegauge needs you"}</Title>
      <SystemStrip />
    </>
  );
}

function Jobs() {
  const jobs = useJobs();
  const sorted = [...jobs].sort(
    (a, b) =>
      (RANK[a.state] ?? 5) - (RANK[b.state] ?? 5) || b.changed_at.localeCompare(a.changed_at),
  );
  if (sorted.length === 0) return null;
  return (
    <Panel title="Jobs" about="work that takes longer than a request" flush>
      <div className="scroll">
        <table className="rows">
          <thead>
            <tr>
              <th>What</th>
              <th>Of what</th>
              <th>State</th>
              <th>Progress</th>
              <th>By</th>
              <th>Last change</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((each) => (
              <Row key={each.id} job={each} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

const LOOKS = { failed: "high", done: "healthy" } as const;

function Row({ job }: { job: Job }) {
  const said = typeof job.detail.error === "string" ? job.detail.error : "";
  const look = LOOKS[job.state as keyof typeof LOOKS];
  return (
    <tr>
      <td>{named(job.kind)}</td>
      <td style={{ overflowWrap: "anywhere" }}>
        {job.subject.slice(job.subject.indexOf("/") + 1)}
      </td>
      <td>
        {look ? <Status is={look} /> : null} {job.state}
        {said ? (
          <Text size="xs" c="dimmed">
            {said}
          </Text>
        ) : null}
      </td>
      <td style={{ minWidth: 120 }}>
        {job.state === "running" ? (
          <Progress
            value={100 * job.progress}
            aria-label={`Progress of ${job.kind} of ${job.subject}`}
          />
        ) : (
          percent(job.progress)
        )}
      </td>
      <td>{job.created_by}</td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={job.changed_at} />
      </td>
    </tr>
  );
}
