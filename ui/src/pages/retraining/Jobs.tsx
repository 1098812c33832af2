import { Button, Code, Group, Progress, Text } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { isOpen, OPEN, type Retraining, usePolicies, useRetrainings } from "../../api/retraining";
import { Empty } from "../../components/Empty";
import { Moment } from "../../components/Moment";
import { percent } from "../../components/numbers";
import { RUNNER } from "./presets";
import { JobState } from "./State";
import { outcome, reason } from "./told";

/** Jobs, the latest first. */
export function Jobs() {
  const { state, model } = useSearch({ from: "/retraining" });
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useRetrainings({
    model,
    state: state === "open" ? OPEN : state && [state],
  });
  const policies = usePolicies();
  const jobs = data.pages.flatMap((page) => page.jobs);
  if (!jobs.length)
    return (
      <div className="panel">
        {model && !state ? (
          <Empty title={`${model} has not been trained again yet`}>
            A policy that is of it starts a job, or you ask for one by hand.
          </Empty>
        ) : state || model ? (
          <Empty title="No job is like that">Take away a filter to see more.</Empty>
        ) : (
          <Empty title="No model has been trained again yet">
            A policy starts one when drift lasts, or by the calendar; or you ask for one by hand.
            Who trains is yours: a command that a runner has, or a webhook.
            {policies.length ? (
              <Code block mt="sm" ta="left" style={{ whiteSpace: "pre-wrap" }}>
                {RUNNER}
              </Code>
            ) : null}
          </Empty>
        )}
      </div>
    );
  return (
    <section className="panel scroll" aria-label="Jobs">
      <table className="rows">
        <thead>
          <tr>
            <th>Model</th>
            <th>State</th>
            <th>What came of it</th>
            <th>Why</th>
            <th>Started</th>
            <th>Ended</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((each) => (
            <Row key={each.job_id} job={each} />
          ))}
        </tbody>
      </table>
      {hasNextPage ? (
        <Button
          size="xs"
          variant="subtle"
          fullWidth
          loading={isFetchingNextPage}
          onClick={() => fetchNextPage()}
        >
          Older ones
        </Button>
      ) : null}
    </section>
  );
}

function Row({ job }: { job: Retraining }) {
  const go = useNavigate();
  const params = { jobId: job.job_id };
  const open = () => go({ to: "/retraining/$jobId", params });
  return (
    <tr
      data-open
      tabIndex={0}
      onClick={open}
      onKeyDown={(event) => event.key === "Enter" && open()}
    >
      <td style={{ minWidth: 170, maxWidth: 280, overflowWrap: "anywhere" }}>
        <Link to="/retraining/$jobId" params={params} className="plain" tabIndex={-1}>
          <Text size="sm" fw={550}>
            {job.model_id}
          </Text>
        </Link>
        <Text size="xs" c="dimmed">
          {job.policy}
        </Text>
      </td>
      <td style={{ minWidth: 120 }}>
        <JobState is={job.state} />
        {isOpen(job) && job.state !== "queued" ? <Bar job={job} /> : null}
      </td>
      <td style={{ minWidth: 240, maxWidth: 420, overflowWrap: "anywhere" }}>{outcome(job)}</td>
      <td style={{ minWidth: 150, maxWidth: 260, overflowWrap: "anywhere" }}>{reason(job)}</td>
      <td style={{ whiteSpace: "nowrap" }}>
        {job.started_at ? <Moment at={job.started_at} /> : "–"}
      </td>
      <td style={{ whiteSpace: "nowrap" }}>{job.ended_at ? <Moment at={job.ended_at} /> : "–"}</td>
    </tr>
  );
}

/** How far it is, as who trains says. */
export function Bar({ job }: { job: Retraining }) {
  return (
    <Group gap={6} wrap="nowrap">
      <Progress
        value={100 * job.progress}
        size="sm"
        style={{ flex: 1 }}
        aria-label={`Progress of ${job.model_id}`}
      />
      <Text size="xs" c="dimmed">
        {percent(job.progress)}
      </Text>
    </Group>
  );
}
