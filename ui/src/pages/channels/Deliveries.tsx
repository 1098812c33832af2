import { Button, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type Notice, useNotices, useResend } from "../../api/channels";
import { useMay } from "../../api/session";
import { Empty } from "../../components/Empty";
import { Moment } from "../../components/Moment";
import { named } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Scroll } from "../../components/Scroll";
import { said } from "../../components/said";

const WORDS: Record<string, string> = {
  delivered: "delivered",
  dead: "given up",
  retry_wait: "tries again",
  unknown: "not known",
};

/** What went to a channel, and what came back. */
export function Deliveries({ channel }: { channel: string }) {
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useNotices(channel);
  const notices = data?.pages.flatMap((page) => page.notices) ?? [];
  return (
    <Panel title="What went there" about="the latest first" flush>
      {notices.length ? (
        <Scroll name="What went there" height={560}>
          <table className="rows">
            <thead>
              <tr>
                <th>Notice</th>
                <th>State</th>
                <th>Answer</th>
                <th>When</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {notices.map((each) => (
                <Row key={each.notice_id} notice={each} />
              ))}
            </tbody>
          </table>
          {hasNextPage ? (
            <Button
              size="xs"
              variant="subtle"
              fullWidth
              loading={isFetchingNextPage}
              onClick={() => fetchNextPage()}
            >
              Older ones
            </Button>
          ) : null}
        </Scroll>
      ) : (
        <Empty title="Nothing yet">
          Each notice stands here with what the other side answered.
        </Empty>
      )}
    </Panel>
  );
}

function Row({ notice }: { notice: Notice }) {
  const may = useMay("write");
  const { mutate, isPending } = useResend();
  return (
    <tr>
      <td>
        {notice.incident_id ? (
          <Link to="/incidents/$incidentId" params={{ incidentId: notice.incident_id }}>
            {named(notice.kind)}
          </Link>
        ) : (
          named(notice.kind)
        )}
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        {WORDS[notice.status] ?? named(notice.status).toLowerCase()}
        {notice.tries > 1 ? `, ${notice.tries} tries` : ""}
      </td>
      <td style={{ maxWidth: 260 }}>
        <Text size="xs" style={{ overflowWrap: "anywhere" }}>
          {notice.answer}
        </Text>
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={notice.ended_at ?? notice.made_at} />
      </td>
      <td>
        {may && notice.status === "dead" ? (
          <Button
            size="compact-xs"
            variant="default"
            loading={isPending}
            onClick={() => mutate(notice.notice_id, { onError: said })}
          >
            Send again
          </Button>
        ) : null}
      </td>
    </tr>
  );
}
