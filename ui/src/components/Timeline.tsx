import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { type IncidentWhole, useAct } from "../api/incidents";
import { useMay } from "../api/session";
import { Moment } from "./Moment";
import { named } from "./numbers";
import { Panel } from "./Panel";
import { said } from "./said";

const WORDS: Record<string, string> = {
  open: "Opened",
  ack: "Acknowledged",
  unack: "Given back",
  resolve: "Resolved",
  close: "Closed",
  reopen: "Opened again",
  snooze: "Snoozed",
  comment: "Note",
  assign: "Assigned",
  alert: "Alert",
  notice: "Notice",
  escalate: "Escalated",
  feedback: "Feedback",
};
/** What only machines care about. */
const QUIET = new Set(["flush"]);

/** What happened, the latest first, and a place to write a note. */
export function Timeline({ incident }: { incident: IncidentWhole }) {
  const { mutate, isPending } = useAct(incident.incident_id);
  const [text, setText] = useState("");
  const send = () =>
    mutate({ act: "comment", body: { text } }, { onSuccess: () => setText(""), onError: said });
  const may = useMay("write");
  const events = incident.timeline.filter((each) => !QUIET.has(each.kind)).reverse();
  return (
    <Panel title="Timeline">
      <Stack gap="sm">
        {may ? (
          <Textarea
            aria-label="Note"
            placeholder="Write a note for whoever comes next"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autosize
            minRows={1}
            size="sm"
          />
        ) : null}
        {text.trim() ? (
          <Group justify="flex-end">
            <Button size="xs" onClick={send} loading={isPending}>
              Add note
            </Button>
          </Group>
        ) : null}
        {events.map((each) => (
          <div key={each.seq}>
            <Text size="sm">
              <Text span fw={550}>
                {WORDS[each.kind] ?? named(each.kind)}
              </Text>
              {each.who ? ` by ${each.who}` : ""}{" "}
              <Text span size="xs" c="dimmed">
                <Moment at={each.at} />
              </Text>
            </Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
              {words(each.detail)}
            </Text>
          </div>
        ))}
      </Stack>
    </Panel>
  );
}

const HIDDEN = new Set(["fired", "resolved", "notice_id"]);

const words = (detail: Record<string, unknown>): string =>
  Object.entries(detail)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== null && value !== "")
    .map(([name, value]) =>
      name === "text" ? String(value) : `${named(name).toLowerCase()}: ${String(value)}`,
    )
    .join(", ");
