import {
  Alert,
  Button,
  Group,
  Modal,
  MultiSelect,
  Select,
  Stack,
  Switch,
  TagsInput,
  TextInput,
} from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useChannels } from "../../api/channels";
import type { Problem } from "../../api/client";
import { useFleet } from "../../api/fleet";
import { type Report, useSaveReport } from "../../api/reports";
import { RULES, scheduleOf, USUAL } from "./schedule";

/** What they are told wakes somebody. */
const PAGERS = ["pagerduty", "alertmanager"];

interface Props {
  /** The one to change; else a new one is made. */
  report?: Report;
  onClose: () => void;
}

/** Of which models, when, and to whom. */
export function ReportForm({ report, onClose }: Props) {
  const before = report ? scheduleOf(report) : null;
  const names = useFleet().models.map((each) => each.model_id);
  const channels = useChannels().filter((each) => !PAGERS.includes(each.kind));
  const [models, setModels] = useState<string[]>(before?.models ?? []);
  const [to, setTo] = useState<string[]>(before?.channels ?? []);
  const [rule, setRule] = useState<string>(before?.rule ?? USUAL.rule);
  const [timezone, setTimezone] = useState<string>(before?.timezone ?? (before ? "UTC" : zone()));
  const [isOn, setOn] = useState(before?.enabled ?? true);
  const { mutate, isPending, error } = useSaveReport();
  const rules = RULES.some((each) => each.value === rule)
    ? RULES
    : [...RULES, { value: rule, label: rule }];
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const told = new FormData(event.currentTarget);
    const body = {
      ...(before ?? {}),
      models,
      channels: to,
      rule,
      timezone,
      at: String(told.get("at") || USUAL.at),
      enabled: isOn,
    };
    const name = report?.name ?? String(told.get("name") ?? "").trim();
    mutate({ name, body }, { onSuccess: onClose });
  };
  const problem = error as Problem | null;
  return (
    <Modal
      opened
      onClose={onClose}
      title={report ? `“${report.name}”` : "A report by the calendar"}
    >
      <form onSubmit={send} aria-label="Report">
        <Stack gap="sm">
          {report ? null : (
            <TextInput name="name" label="Name" placeholder="weekly" required data-autofocus />
          )}
          <TagsInput
            label="Of which models"
            description="By name, or several as card-*"
            data={names}
            value={models}
            onChange={setModels}
            acceptValueOnBlur
          />
          <MultiSelect
            label="To"
            description={
              channels.length
                ? "Mail takes the page along"
                : "There is no channel yet: make one first"
            }
            data={channels.map((each) => each.name)}
            value={to}
            onChange={setTo}
            searchable
          />
          <Group grow align="flex-start">
            <Select
              label="How often"
              data={rules}
              value={rule}
              onChange={(value) => setRule(value ?? USUAL.rule)}
              allowDeselect={false}
            />
            <TextInput name="at" label="At" type="time" defaultValue={before?.at ?? USUAL.at} />
          </Group>
          <Select
            label="Time zone"
            data={Intl.supportedValuesOf("timeZone").concat("UTC")}
            value={timezone}
            onChange={(value) => setTimezone(value ?? "UTC")}
            allowDeselect={false}
            searchable
            limit={50}
          />
          <Switch
            label="Goes out"
            checked={isOn}
            onChange={(event) => setOn(event.currentTarget.checked)}
          />
          {problem ? (
            <Alert color="red" variant="light" role="alert">
              {problem.faults[0]?.detail ?? problem.message}
            </Alert>
          ) : null}
          <Group justify="flex-end">
            <Button
              type="submit"
              size="xs"
              loading={isPending}
              disabled={!models.length || !to.length}
            >
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
