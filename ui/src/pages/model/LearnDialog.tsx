import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Part as Asked, useHead, useTraffic } from "../../api/model";
import { useLearn, useReferences } from "../../api/references";
import { Failure, Part } from "../../components/Fallback";
import { whole } from "../../components/numbers";
import { PeriodFields } from "../../components/PeriodFields";
import { exactly } from "../../components/time";
import { stepOf } from "./part";

interface Props {
  part: Asked;
  onClose: () => void;
}

/** Which rows are to be the reference; and, before that is done, what it does. */
export function LearnDialog({ part, onClose }: Props) {
  const { versions } = useHead(part.modelId);
  const [wanted, setWanted] = useState({ ...part, segment: undefined });
  const [name, setName] = useState("");
  const [why, setWhy] = useState("");
  const [isSure, setSure] = useState(false);
  const { mutate, isPending, error } = useLearn(part.modelId);
  const learn = () =>
    mutate(
      {
        start_time: wanted.start,
        end_time: wanted.end,
        name: name || "span",
        why,
        ...(wanted.version ? { version: wanted.version } : {}),
      },
      { onSuccess: onClose },
    );
  return (
    <Modal opened onClose={onClose} title="Learn again from a period" size="md">
      {isSure ? (
        <Stack gap="sm">
          <Part height={100}>
            <What wanted={wanted} />
          </Part>
          {error ? <Failure error={error} /> : null}
          <Group justify="flex-end" gap="xs">
            <Button size="xs" variant="default" onClick={() => setSure(false)}>
              Back
            </Button>
            <Button size="xs" onClick={learn} loading={isPending}>
              Compare with these from now on
            </Button>
          </Group>
        </Stack>
      ) : (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            Take a time in which the model did as it should.
          </Text>
          <PeriodFields
            start={wanted.start}
            end={wanted.end}
            onChange={(start, end) => setWanted({ ...wanted, start, end })}
          />
          {versions.length > 1 ? (
            <Select
              label="Version"
              placeholder="All versions"
              data={versions.map((each) => ({
                value: each.version,
                label: each.version || "unnamed",
              }))}
              value={wanted.version ?? null}
              onChange={(value) => setWanted({ ...wanted, version: value ?? undefined })}
              clearable
              size="xs"
            />
          ) : null}
          <Fields name={name} why={why} onNameChange={setName} onWhyChange={setWhy} />
          <Group justify="flex-end">
            <Button size="xs" disabled={wanted.end <= wanted.start} onClick={() => setSure(true)}>
              What that does
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

interface FieldsProps {
  name: string;
  why: string;
  onNameChange: (name: string) => void;
  onWhyChange: (why: string) => void;
}

export function Fields({ name, why, onNameChange, onWhyChange }: FieldsProps) {
  return (
    <>
      <TextInput
        label="Name"
        placeholder="as “after the release”"
        value={name}
        maxLength={256}
        onChange={(event) => onNameChange(event.currentTarget.value)}
        size="xs"
      />
      <TextInput
        label="Why"
        description="For whoever asks later"
        value={why}
        maxLength={1000}
        onChange={(event) => onWhyChange(event.currentTarget.value)}
        size="xs"
      />
    </>
  );
}

function What({ wanted }: { wanted: Asked }) {
  const traffic = useTraffic(wanted, stepOf(wanted));
  const now = useReferences(wanted.modelId)[0];
  return (
    <Stack gap={8}>
      <Text size="sm">
        <Text span fw={600}>
          {whole(traffic.total.total_predictions)} predictions
        </Text>{" "}
        {wanted.version ? `of version ${wanted.version} ` : ""}from {exactly(wanted.start)} to{" "}
        {exactly(wanted.end)} become what everything is compared with.
      </Text>
      <Text size="sm">
        The windows that are counted already are counted again by their bins, so drift of the past
        is shown against them, too, after a moment. Monitors judge by them from their next check on.
      </Text>
      <Text size="sm" c="dimmed">
        {now
          ? `“${now.name}” stays in the list, and can be learned again from its own time as long as its rows are kept. `
          : ""}
        Incidents that are open stay open until their monitors find the model as it should be.
      </Text>
    </Stack>
  );
}
