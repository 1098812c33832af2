import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBellOff } from "@tabler/icons-react";
import { useMay, useSession } from "../api/session";
import { type Silence, useEndSilence, useSilences } from "../api/silences";
import { Confirm } from "../components/Confirm";
import { Empty } from "../components/Empty";
import { Moment } from "../components/Moment";
import { SilenceForm } from "../components/SilenceForm";
import { said } from "../components/said";
import { exactly } from "../components/time";

const ORDER = { active: 0, pending: 1, expired: 2 } as const;

/** When nobody is told, of what, and by whose word. */
export function SilencesPage() {
  const silences = useSilences();
  const may = useMay("write");
  const [isOpen, { open, close }] = useDisclosure();
  const active = silences.filter((each) => each.state === "active").length;
  const sorted = [...silences].sort(
    (a, b) => ORDER[a.state] - ORDER[b.state] || a.end_time.localeCompare(b.end_time),
  );
  return (
    <Stack gap="md" maw={1200} mx="auto">
      <Group justify="space-between">
        <Title order={1}>
          {active
            ? `${active} ${active === 1 ? "silence holds" : "silences hold"} now`
            : "Nothing is silenced"}
        </Title>
        {may ? (
          <Button size="xs" leftSection={<IconBellOff size={15} />} onClick={open}>
            New silence
          </Button>
        ) : null}
      </Group>
      <div className="panel scroll">
        {sorted.length ? (
          <table className="rows">
            <thead>
              <tr>
                <th>Of what</th>
                <th>Why</th>
                <th>State</th>
                <th>From</th>
                <th>Until</th>
                <th>By</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {sorted.map((each) => (
                <Row key={`${each.kind} ${each.id}`} silence={each} />
              ))}
            </tbody>
          </table>
        ) : (
          <Empty title="All is told">
            While you deploy or repair, silence a model: its incidents are kept, and nobody is
            woken. A maintenance window is planned, and can come again each week.
          </Empty>
        )}
      </div>
      {isOpen ? <SilenceForm onClose={close} /> : null}
    </Stack>
  );
}

function Row({ silence }: { silence: Silence }) {
  const may = useMay("write");
  const { data: session } = useSession();
  const { mutate } = useEndSilence();
  const isOver = silence.state === "expired";
  return (
    <tr style={isOver ? { color: "var(--faint)" } : undefined}>
      <td style={{ minWidth: 180, overflowWrap: "anywhere" }}>
        {silence.matchers.join(", ") || "everything"}
        {silence.kind === "maintenance" ? (
          <Text size="xs" c="dimmed">
            maintenance{silence.recurrence ? `, comes again (${silence.recurrence.rule})` : ""}
          </Text>
        ) : null}
      </td>
      <td style={{ minWidth: 160, overflowWrap: "anywhere" }}>{silence.comment}</td>
      <td>{silence.state}</td>
      <td style={{ whiteSpace: "nowrap" }} title={exactly(silence.start_time)}>
        <Moment at={silence.start_time} />
      </td>
      <td style={{ whiteSpace: "nowrap" }} title={exactly(silence.end_time)}>
        <Moment at={silence.end_time} />
      </td>
      <td>{silence.created_by === session?.name ? "you" : silence.created_by}</td>
      <td>
        {may && !isOver ? (
          <Confirm
            title="End it now?"
            text="What is open is told again from now on."
            yes="End it"
            onYes={() => mutate(silence, { onError: said })}
          >
            {(ask) => (
              <Button size="compact-xs" variant="default" onClick={ask}>
                End
              </Button>
            )}
          </Confirm>
        ) : null}
      </td>
    </tr>
  );
}
