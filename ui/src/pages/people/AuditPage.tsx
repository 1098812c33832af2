import { Button, Stack, Text, Title } from "@mantine/core";
import { type Entry, useAudit } from "../../api/kept";
import { useMay } from "../../api/session";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Fallback";
import { Moment } from "../../components/Moment";
import { exactly } from "../../components/time";

/** Who did what. */
export function AuditPage() {
  const isAdmin = useMay("admin");
  return (
    <Stack gap="md" maw={1200} mx="auto">
      <Title order={1}>Audit</Title>
      <div className="panel scroll">
        {isAdmin ? <Entries /> : <Empty title="Admins look at this" />}
      </div>
    </Stack>
  );
}

function Entries() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useAudit();
  if (error) return <Failure error={error} onAgain={refetch} />;
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  if (data && entries.length === 0)
    return <Empty title="Nothing yet">Each change by a person or a key stands here.</Empty>;
  return (
    <>
      <table className="rows">
        <thead>
          <tr>
            <th>When</th>
            <th>Who</th>
            <th>What</th>
            <th>Of what</th>
            <th>How</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((each) => (
            <tr key={each.id}>
              <td style={{ whiteSpace: "nowrap" }} title={exactly(each.at)}>
                <Moment at={each.at} />
              </td>
              <td style={{ overflowWrap: "anywhere" }}>{each.who}</td>
              <td style={{ whiteSpace: "nowrap" }}>{each.what.replace(".", ": ")}</td>
              <td style={{ overflowWrap: "anywhere" }}>{subject(each)}</td>
              <td style={{ maxWidth: 460 }}>
                <Text size="xs" c="dimmed" lineClamp={3} style={{ overflowWrap: "anywhere" }}>
                  {words(each.detail)}
                </Text>
              </td>
            </tr>
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
          Older
        </Button>
      ) : null}
    </>
  );
}

/** Without the tenant, which is that of who looks. */
const subject = ({ subject }: Entry): string => subject.slice(subject.indexOf("/") + 1);

const EMPTY = new Set(["null", '""', "{}", "[]"]);

const words = (detail: Record<string, unknown>): string =>
  Object.entries(detail)
    .filter(([, value]) => !EMPTY.has(JSON.stringify(value)))
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
