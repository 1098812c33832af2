import { Stack, Text } from "@mantine/core";
import type { Retraining } from "../../api/retraining";
import { Chart } from "../../charts/Chart";
import { proof } from "../../charts/proof";
import { digits, named, percent } from "../../components/numbers";
import { gateOf, OF, proofOf, proven } from "./told";

/** The candidate against the champion, on rows that it did not learn from. */
export function Proven({ job }: { job: Retraining }) {
  const found = proofOf(job);
  if (!found) return null;
  const gate = gateOf(job);
  const unit = `${named(found.metric)}: how much better, ${OF[gate.of]}; the line is 95 %`;
  return (
    <Stack gap="xs">
      {job.rollout ? (
        <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
          {proven(found, gate)}
        </Text>
      ) : null}
      <Chart
        draw={proof}
        of={[found, gate.better_by, unit, gate.of === "absolute" ? digits : percent]}
      />
    </Stack>
  );
}
