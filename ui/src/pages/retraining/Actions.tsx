import { Button, Group } from "@mantine/core";
import {
  isOpen,
  type Retraining,
  useCancelRetraining,
  usePromote,
  useRollBack,
} from "../../api/retraining";
import { useMay } from "../../api/session";
import { Confirm } from "../../components/Confirm";
import { said } from "../../components/said";
import { candidateOf } from "./told";

/** What may be done with a job now, by who may. */
export function Actions({ job }: { job: Retraining }) {
  const may = useMay("write");
  const cancel = useCancelRetraining();
  const promote = usePromote();
  const back = useRollBack();
  if (!may) return null;
  const version = candidateOf(job)?.version ?? "";
  const { rollout } = job;
  return (
    <Group gap="xs">
      {isOpen(job) && !job.is_cancelled ? (
        <Confirm
          title="Cancel this job?"
          text="What waits never starts; who trains is told to end, and has 15 seconds for it."
          yes="Cancel it"
          onYes={() => cancel.mutate(job.job_id, { onError: said })}
        >
          {(ask) => (
            <Button size="xs" variant="default" onClick={ask} loading={cancel.isPending}>
              Cancel
            </Button>
          )}
        </Confirm>
      ) : null}
      {job.state === "succeeded" && !rollout ? (
        <Confirm
          title={`Let version ${version} serve?`}
          text="The webhook of its policy is told, where there is one; else it is yours to deploy. From its first prediction on it is held against the version before it."
          yes="Promote it"
          onYes={() => promote.mutate(job.job_id, { onError: said })}
        >
          {(ask) => (
            <Button size="xs" onClick={ask} loading={promote.isPending}>
              Promote
            </Button>
          )}
        </Confirm>
      ) : null}
      {rollout && rollout.state !== "rolled-back" ? (
        <Confirm
          title={`Take version ${rollout.version} back?`}
          text={`${rollout.before ? `Version ${rollout.before}` : "The version before it"} is to serve again: the webhook of its policy is told, where there is one.`}
          yes="Roll it back"
          onYes={() => back.mutate(job.job_id, { onError: said })}
        >
          {(ask) => (
            <Button size="xs" variant="default" onClick={ask} loading={back.isPending}>
              Roll back
            </Button>
          )}
        </Confirm>
      ) : null}
    </Group>
  );
}
