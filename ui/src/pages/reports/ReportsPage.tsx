import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconMail } from "@tabler/icons-react";
import { type Report, useRemoveReport, useReports, useSendReport } from "../../api/reports";
import { useMay } from "../../api/session";
import { Confirm } from "../../components/Confirm";
import { Empty } from "../../components/Empty";
import { Moment } from "../../components/Moment";
import { said } from "../../components/said";
import { exactly } from "../../components/time";
import { ReportForm } from "./ReportForm";
import { scheduleOf, whenOf } from "./schedule";

/** What goes out by the calendar, to whom, and whether it did. */
export function ReportsPage() {
  const reports = useReports();
  const may = useMay("write");
  const [isOpen, { open, close }] = useDisclosure();
  return (
    <Stack gap="md" maw={1200} mx="auto">
      <Group justify="space-between">
        <Title order={1}>
          {reports.length
            ? `${reports.length} ${reports.length === 1 ? "report goes" : "reports go"} out by the calendar`
            : "No report goes out yet"}
        </Title>
        {may ? (
          <Button size="xs" leftSection={<IconMail size={15} />} onClick={open}>
            New report
          </Button>
        ) : null}
      </Group>
      <div className="panel scroll">
        {reports.length ? (
          <table className="rows">
            <thead>
              <tr>
                <th>Report</th>
                <th>When</th>
                <th>To</th>
                <th>Next</th>
                <th>Last</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {reports.map((each) => (
                <Row key={each.name} report={each} />
              ))}
            </tbody>
          </table>
        ) : (
          <Empty title="Good news comes by itself, too">
            Each week, what happened to your models: incidents, how good they were, what drifted.
            Mail takes the page along; other channels its numbers and a link. A model's own page
            gives the same for any time, as a file.
          </Empty>
        )}
      </div>
      {isOpen ? <ReportForm onClose={close} /> : null}
    </Stack>
  );
}

function Row({ report }: { report: Report }) {
  const may = useMay("write");
  const schedule = scheduleOf(report);
  const [isOpen, { open, close }] = useDisclosure();
  const send = useSendReport();
  const remove = useRemoveReport();
  const onSent = () => notifications.show({ message: `“${report.name}” goes out in a moment` });
  return (
    <tr style={report.enabled ? undefined : { color: "var(--faint)" }}>
      <td style={{ minWidth: 160, overflowWrap: "anywhere" }}>
        <Text size="sm" fw={550}>
          {report.name}
        </Text>
        <Text size="xs" c="dimmed">
          {schedule.models.join(", ")}
        </Text>
      </td>
      <td>{whenOf(schedule)}</td>
      <td style={{ overflowWrap: "anywhere" }}>{schedule.channels.join(", ")}</td>
      <td style={{ whiteSpace: "nowrap" }} title={report.next_at ? exactly(report.next_at) : ""}>
        {report.next_at ? <Moment at={report.next_at} /> : "off"}
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        {report.last_at ? <Moment at={report.last_at} /> : "never"}
        {report.failure ? (
          <Text size="xs" c="var(--critical)" maw={260} style={{ whiteSpace: "normal" }}>
            {report.failure}
          </Text>
        ) : null}
      </td>
      <td>
        {may ? (
          <Group gap={6} wrap="nowrap" justify="flex-end">
            <Button
              size="compact-xs"
              variant="default"
              loading={send.isPending}
              onClick={() => send.mutate(report.name, { onSuccess: onSent, onError: said })}
            >
              Send now
            </Button>
            <Button size="compact-xs" variant="default" onClick={open}>
              Edit
            </Button>
            <Confirm
              title={`Remove “${report.name}”?`}
              text="It goes out no more. What was sent stays with whoever has it."
              yes="Remove it"
              onYes={() => remove.mutate(report.name, { onError: said })}
            >
              {(ask) => (
                <Button size="compact-xs" variant="default" onClick={ask}>
                  Remove
                </Button>
              )}
            </Confirm>
          </Group>
        ) : null}
        {isOpen ? <ReportForm report={report} onClose={close} /> : null}
      </td>
    </tr>
  );
}
