import { Badge, Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconFilter, IconPlus } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useIncidents } from "../../api/incidents";
import { type Monitor, useMonitors } from "../../api/monitors";
import { useMay } from "../../api/session";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { Moment } from "../../components/Moment";
import { named } from "../../components/numbers";
import { type Look, Status } from "../../components/Status";
import { budget, spent, standing, watched } from "./told";

const ORIGINS = { file: "a file", api: "by hand", default: "usual" } as const;

/** What is watched, and how much of what the team allows it is used up. */
export function MonitorsPage() {
  const monitors = useMonitors();
  const { q = "" } = useSearch({ from: "/monitors" });
  const go = useNavigate({ from: "/monitors" });
  const may = useMay("write");
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = monitors.filter((each) => {
    const text = [each.name, each.kind, each.origin, watched(each.document), each.changed_by]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <Stack gap="md" maw={1300} mx="auto">
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1}>
            {monitors.length} {monitors.length === 1 ? "monitor" : "monitors"}
          </Title>
          <Part height={20}>
            <Budget monitors={monitors} />
          </Part>
        </div>
        {may ? (
          <Button
            size="xs"
            leftSection={<IconPlus size={15} />}
            renderRoot={(props) => <Link to="/monitors/new" {...props} />}
          >
            New monitor
          </Button>
        ) : null}
      </Group>
      <TextInput
        aria-label="Filter monitors"
        placeholder="Name, kind or model"
        leftSection={<IconFilter size={15} />}
        value={q}
        onChange={(event) => {
          const told = event.currentTarget.value;
          go({ search: told ? { q: told } : {}, replace: true });
        }}
        maw={320}
      />
      <div className="panel scroll">
        {shown.length ? (
          <table className="rows">
            <thead>
              <tr>
                <th>Monitor</th>
                <th>Watches</th>
                <th className="number">Models</th>
                <th>Now</th>
                <th>Read</th>
                <th>Kept by</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <Row key={each.name} monitor={each} />
              ))}
            </tbody>
          </table>
        ) : (
          <Empty title="No monitor fits">Take away a word to see more.</Empty>
        )}
      </div>
    </Stack>
  );
}

function Row({ monitor }: { monitor: Monitor }) {
  const go = useNavigate();
  const params = { name: monitor.name };
  const open = () => go({ to: "/monitors/$name", params });
  const isOff = monitor.document.enabled === false;
  const now = standing(monitor);
  return (
    <tr
      data-open
      tabIndex={0}
      onClick={open}
      onKeyDown={(event) => event.key === "Enter" && open()}
    >
      <td style={{ minWidth: 220 }}>
        <Link to="/monitors/$name" params={params} className="plain" tabIndex={-1}>
          <Text size="sm" fw={550}>
            {monitor.name}
          </Text>
        </Link>
        <Text size="xs" c="dimmed">
          {named(monitor.kind)}
        </Text>
      </td>
      <td style={{ minWidth: 200 }}>{watched(monitor.document)}</td>
      <td className="number">{monitor.models}</td>
      <td style={{ whiteSpace: "nowrap" }}>
        {isOff ? (
          <Badge size="sm" variant="light" color="gray">
            off
          </Badge>
        ) : (
          <Group gap={6} wrap="nowrap">
            <Status is={now.look as Look} />
            {now.text}
          </Group>
        )}
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={monitor.last_at} />
      </td>
      <td>{ORIGINS[monitor.origin]}</td>
    </tr>
  );
}

function Budget({ monitors }: { monitors: Monitor[] }) {
  const { incidents } = useIncidents({ limit: 500 });
  const { opened, useful, useless } = spent(incidents, Date.now());
  const allowed = budget(monitors);
  return (
    <Text size="sm" c="dimmed" mt={4} maw={820}>
      Allowed: {allowed === null ? "no budget is stated" : `one false alarm in ${allowed}`}. Used in
      the last 30 days: {useless} of {opened} {opened === 1 ? "incident" : "incidents"}{" "}
      {useless === 1 ? "was" : "were"} called false
      {opened > useful + useless ? `; ${opened - useful - useless} nobody has judged yet.` : "."}
    </Text>
  );
}
