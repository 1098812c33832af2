import { Badge, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { type Channel, useChannels } from "../../api/channels";
import { useMay } from "../../api/session";
import { Empty } from "../../components/Empty";
import { Moment } from "../../components/Moment";
import { named } from "../../components/numbers";
import { Status } from "../../components/Status";
import { TestChannel } from "./TestChannel";

/** Where notices go, and whether they arrive. */
export function ChannelsPage() {
  const channels = useChannels();
  const isAdmin = useMay("admin");
  const failing = channels.filter((each) => each.enabled && isFailing(each));
  return (
    <Stack gap="md" maw={1200} mx="auto">
      <Group justify="space-between">
        <Title order={1}>
          {failing.length
            ? `${failing.length} of ${channels.length} channels do not deliver`
            : channels.length
              ? `${channels.length} ${channels.length === 1 ? "channel" : "channels"}`
              : "Nobody is told yet"}
        </Title>
        {isAdmin ? (
          <Button
            size="xs"
            leftSection={<IconPlus size={15} />}
            renderRoot={(props) => <Link to="/channels/new" {...props} />}
          >
            New channel
          </Button>
        ) : null}
      </Group>
      <div className="panel scroll">
        {channels.length ? (
          <table className="rows">
            <thead>
              <tr>
                <th>Channel</th>
                <th>Told from</th>
                <th>Health</th>
                <th>Delivered</th>
                <th className="number">Waiting</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {channels.map((each) => (
                <Row key={each.name} channel={each} />
              ))}
            </tbody>
          </table>
        ) : (
          <Empty title="No channel yet">
            Incidents are on their page in any case. A channel brings them to people: mail, Slack,
            PagerDuty, Teams, a webhook.
          </Empty>
        )}
      </div>
    </Stack>
  );
}

const isFailing = ({ health }: Channel): boolean =>
  health.last_error_at !== null && (health.last_delivery ?? "") < health.last_error_at;

function Row({ channel }: { channel: Channel }) {
  const go = useNavigate();
  const { health } = channel;
  const params = { name: channel.name };
  const open = () => go({ to: "/channels/$name", params });
  return (
    <tr
      data-open
      tabIndex={0}
      onClick={open}
      onKeyDown={(event) => event.key === "Enter" && open()}
    >
      <td>
        <Link to="/channels/$name" params={params} className="plain" tabIndex={-1}>
          <Text size="sm" fw={550}>
            {channel.name}
          </Text>
        </Link>
        <Text size="xs" c="dimmed">
          {named(channel.kind)}
        </Text>
      </td>
      <td>{String(channel.document.min_severity ?? "its usual")}</td>
      <td style={{ maxWidth: 380 }}>
        {channel.enabled ? (
          <Group gap={6} wrap="nowrap">
            <Status
              is={isFailing(channel) ? "high" : health.last_delivery ? "healthy" : "unknown"}
            />
            <Text size="sm" truncate>
              {isFailing(channel)
                ? health.last_error
                : health.last_delivery
                  ? "delivers"
                  : "not used yet"}
            </Text>
          </Group>
        ) : (
          <Badge size="sm" variant="light" color="gray">
            off
          </Badge>
        )}
        {channel.warnings.map((each) => (
          <Text key={each} size="xs" c="dimmed">
            {each}
          </Text>
        ))}
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={health.last_delivery} />
      </td>
      <td className="number">{health.waiting}</td>
      <td>
        <TestChannel name={channel.name} />
      </td>
    </tr>
  );
}
