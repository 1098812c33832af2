import { Anchor, Code, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isOpen, type Retraining, useRetraining } from "../../api/retraining";
import { AnchorLink } from "../../components/AnchorLink";
import { Part } from "../../components/Fallback";
import { bytes, whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { exactly, spanOf } from "../../components/time";
import { Actions } from "./Actions";
import { Bar } from "./Jobs";
import { Log } from "./Log";
import { Proven } from "./Proven";
import { RolloutPanel } from "./RolloutPanel";
import { JobState } from "./State";
import { Steps } from "./Steps";
import { candidateOf, outcome, reason, steps } from "./told";

/** One job, from asked to served. */
export function JobPage() {
  const { jobId } = useParams({ from: "/retraining/$jobId" });
  const job = useRetraining(jobId);
  return (
    <Stack gap="md" maw={1200} mx="auto">
      <div>
        <Anchor component={Link} to="/retraining" size="sm">
          Retraining
        </Anchor>
        <Group justify="space-between" align="flex-start">
          <Title order={1} style={{ overflowWrap: "anywhere" }}>
            Retraining{" "}
            <AnchorLink
              inherit
              underline="always"
              to="/models/$modelId/overview"
              params={{ modelId: job.model_id }}
            >
              {job.model_id}
            </AnchorLink>
          </Title>
          <Actions job={job} />
        </Group>
        <Group gap="sm" mt={4}>
          <JobState is={job.state} />
          <Text size="sm" role="status" style={{ overflowWrap: "anywhere" }}>
            {outcome(job)}
          </Text>
        </Group>
      </div>
      {isOpen(job) && job.state !== "queued" ? <Bar job={job} /> : null}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Panel title="From asked to served">
          <Steps steps={steps(job)} />
        </Panel>
        <Facts job={job} />
      </SimpleGrid>
      <Proven job={job} />
      {job.rollout ? <RolloutPanel rollout={job.rollout} /> : null}
      <Part height={200}>
        <Log key={job.job_id} job={job} />
      </Part>
    </Stack>
  );
}

function Facts({ job }: { job: Retraining }) {
  const made = candidateOf(job);
  return (
    <Panel title="What it is">
      <Stack gap={8}>
        <Fact name="Why">{reason(job)}</Fact>
        <Fact name="Policy">
          <AnchorLink inherit to="/retraining/policies/$name" params={{ name: job.policy }}>
            {job.policy}
          </AnchorLink>
        </Fact>
        <Fact name="Who trains">
          {job.target}
          {job.runner ? `, taken by ${job.runner}` : ""}
          {job.attempt ? `, attempt ${job.attempt} of ${job.attempts}` : ""}
        </Fact>
        <Fact name="Learns from">
          <Span of={job.train} />
        </Fact>
        <Fact name="Held out">
          <Span of={job.holdout} />
        </Fact>
        {Object.keys(job.parameters).length ? (
          <Fact name="Parameters">
            <Code style={{ overflowWrap: "anywhere" }}>{JSON.stringify(job.parameters)}</Code>
          </Fact>
        ) : null}
        {made ? (
          <Fact name="Candidate">
            version {made.version}
            {made.size_bytes === null ? "" : `, ${bytes(made.size_bytes)}`}
            {made.training_seconds === null ? "" : `, trained in ${spanOf(made.training_seconds)}`}
            {made.uri ? (
              <Text size="xs" className="mono">
                {made.uri}
              </Text>
            ) : null}
            {made.digest ? (
              <Text size="xs" className="mono">
                {made.digest}
              </Text>
            ) : null}
          </Fact>
        ) : null}
      </Stack>
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div style={{ minWidth: 0, overflowWrap: "anywhere" }}>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="sm" component="div">
        {children}
      </Text>
    </div>
  );
}

function Span({ of: { start, stop, labels } }: { of: Retraining["train"] }) {
  return (
    <>
      {exactly(start)} to {exactly(stop)}, {whole(labels)} {labels === 1 ? "label" : "labels"}
    </>
  );
}
