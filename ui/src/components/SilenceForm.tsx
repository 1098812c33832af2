import {
  Alert,
  Button,
  Group,
  Modal,
  SegmentedControl,
  Select,
  Stack,
  TagsInput,
  TextInput,
} from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Problem } from "../api/client";
import { type Kind, type SilenceWanted, useMakeSilence } from "../api/silences";

const AGAIN = [
  { value: "", label: "Once" },
  { value: "FREQ=DAILY", label: "Each day" },
  { value: "FREQ=WEEKLY", label: "Each week" },
  { value: "FREQ=MONTHLY", label: "Each month" },
];

interface Props {
  /** What it is about, where that is known. */
  matchers?: string[];
  onClose: () => void;
}

/** Of what, how long, and why. */
export function SilenceForm({ matchers: begin = [], onClose }: Props) {
  const [kind, setKind] = useState<Kind>("silence");
  const [matchers, setMatchers] = useState(begin);
  const [again, setAgain] = useState("");
  const { mutate, isPending, error } = useMakeSilence();
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const told = new FormData(event.currentTarget);
    const field = (name: string) => String(told.get(name) ?? "").trim();
    const start = field("start");
    const body: SilenceWanted = {
      matchers,
      duration: field("duration"),
      comment: field("comment"),
      confirm_all: false,
      ...(start ? { start_time: new Date(start).toISOString() } : {}),
      ...(kind === "maintenance" && again ? { recurrence: { rule: again, timezone: zone() } } : {}),
    };
    mutate({ kind, body }, { onSuccess: onClose });
  };
  const problem = error as Problem | null;
  return (
    <Modal opened onClose={onClose} title="Tell nobody for a while">
      <form onSubmit={send} aria-label="New silence">
        <Stack gap="sm">
          <SegmentedControl
            aria-label="Kind"
            size="xs"
            value={kind}
            onChange={(value) => setKind(value as Kind)}
            data={[
              { value: "silence", label: "Silence" },
              { value: "maintenance", label: "Maintenance window" },
            ]}
          />
          <TagsInput
            label="Of what"
            description="All must match: a model, a family, a monitor, an owner, a tag."
            placeholder={matchers.length ? "" : 'model="card-fraud"'}
            value={matchers}
            onChange={setMatchers}
            splitChars={["\n"]}
            acceptValueOnBlur
          />
          <Group grow align="flex-start">
            <TextInput name="start" label="From" description="Else now" type="datetime-local" />
            <TextInput
              name="duration"
              label="For"
              description="2 h, 3 d"
              defaultValue="2 h"
              required
            />
          </Group>
          {kind === "maintenance" ? (
            <Select
              label="How often"
              data={AGAIN}
              value={again}
              onChange={(value) => setAgain(value ?? "")}
              allowDeselect={false}
            />
          ) : null}
          <TextInput name="comment" label="Why" placeholder="Release 4.2" required />
          {problem ? (
            <Alert color="red" variant="light" role="alert">
              {problem.faults[0]?.detail ?? problem.message}
            </Alert>
          ) : null}
          <Group justify="flex-end">
            <Button type="submit" size="xs" loading={isPending}>
              Silence it
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
