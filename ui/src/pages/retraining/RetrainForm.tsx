import { Alert, Button, Checkbox, Group, Modal, Select, Stack, Textarea } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { Problem } from "../../api/client";
import { useFleet } from "../../api/fleet";
import { type Policy, useRetrain } from "../../api/retraining";
import { useMay } from "../../api/session";
import { isAbout } from "../monitors/told";

interface Props {
  policies: Policy[];
  onClose: () => void;
}

/** One that somebody asks for: of which model, by which policy, and with what. */
export function RetrainForm({ policies, onClose }: Props) {
  const go = useNavigate();
  const isAdmin = useMay("admin");
  const every = useFleet().models.map((each) => each.model_id);
  const [model, setModel] = useState<string | null>(null);
  const [picked, setPicked] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [isForced, setForced] = useState(false);
  const { mutate, isPending, error, reset } = useRetrain();
  const names = every.filter((name) => policies.some((each) => isAbout(each.document, name)));
  const fitting = policies
    .filter((each) => !model || isAbout(each.document, model))
    .map((each) => each.name);
  const policy = picked && fitting.includes(picked) ? picked : null;
  const parameters = parsed(text);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!model || !parameters) return;
    mutate(
      { model_id: model, policy, parameters, force: isForced },
      {
        onSuccess: ({ job_id: jobId }) => {
          onClose();
          go({ to: "/retraining/$jobId", params: { jobId } });
        },
      },
    );
  };
  const problem = error as Problem | null;
  return (
    <Modal opened onClose={onClose} title="Retrain a model">
      <form onSubmit={send} aria-label="Retrain a model">
        <Stack gap="sm">
          <Select
            label="Model"
            description={names.length ? "Of which there is a policy" : "No policy fits any model"}
            data={names}
            value={model}
            onChange={(value) => {
              setModel(value);
              reset();
            }}
            searchable
            limit={100}
            data-autofocus
          />
          <Select
            label="Policy"
            placeholder={fitting[0] ? `${fitting[0]}, the first that fits` : ""}
            data={fitting}
            value={policy}
            onChange={setPicked}
            clearable
          />
          <Textarea
            label="Parameters"
            description="As JSON, for who trains: before those of the policy"
            placeholder='{"epochs": 20}'
            classNames={{ input: "code" }}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={parameters ? null : 'It must be one object, as {"epochs": 20}'}
            autosize
            minRows={3}
            maxRows={12}
            spellCheck={false}
          />
          {isAdmin ? (
            <Checkbox
              label="Whatever stands against it: few labels, a cooldown, maintenance"
              checked={isForced}
              onChange={(event) => setForced(event.currentTarget.checked)}
            />
          ) : null}
          {problem ? (
            <Alert color="red" variant="light" role="alert" title="It is not trained now">
              {problem.faults[0]?.detail ?? problem.message}
            </Alert>
          ) : null}
          <Group justify="flex-end">
            <Button
              type="submit"
              size="xs"
              loading={isPending}
              disabled={!model || parameters === null}
            >
              Retrain
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Null where it is not one object. */
function parsed(text: string): Record<string, unknown> | null {
  if (!text.trim()) return {};
  try {
    const found: unknown = JSON.parse(text);
    return found && typeof found === "object" && !Array.isArray(found)
      ? (found as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
