import { Group, Stack, Text } from "@mantine/core";
import { useQuality } from "../../api/model";
import { short } from "../../charts/heat";
import { Empty } from "../../components/Empty";
import { percent, whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";
import { usePart } from "./part";

const LOOKS = { critical: "critical", warning: "medium", info: "low" } as const;

/** What is wrong with the data that comes, before anybody asks whether it drifts. */
export function QualityTab() {
  const found = useQuality(usePart());
  const troubles: [string, number][] = [
    ["came too late", found.late],
    ["with a wrong clock", found.skewed],
    ["not valid", found.invalid],
    ["sent twice", found.duplicates],
    ["sent twice, and otherwise", found.conflicts],
    ["dead letters", found.dead_letters],
  ];
  return (
    <Stack gap="md">
      <Panel title="Findings" about={`${whole(found.rows)} rows against the reference`}>
        {found.findings.length ? (
          <Stack gap={10}>
            {found.findings.map((each) => (
              <Group key={`${each.check} ${each.column}`} gap={10} wrap="nowrap" align="flex-start">
                <span style={{ paddingTop: 2 }}>
                  <Status is={LOOKS[each.severity as keyof typeof LOOKS] ?? "low"} />
                </span>
                <div>
                  <Text size="sm" fw={550}>
                    {short(each.column)}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {each.message}
                  </Text>
                </div>
              </Group>
            ))}
          </Stack>
        ) : (
          <Empty title="Nothing is found">
            What is missing, out of range, of another type or never seen before would stand here.
          </Empty>
        )}
      </Panel>
      {troubles.some(([, count]) => count > 0) ? (
        <Panel title="Records that are not as they should be">
          <Group gap="xl">
            {troubles
              .filter(([, count]) => count > 0)
              .map(([name, count]) => (
                <div key={name}>
                  <Text size="lg" fw={650}>
                    {whole(count)}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {name}
                  </Text>
                </div>
              ))}
          </Group>
        </Panel>
      ) : null}
      <Panel title="Columns" about="Shares of rows" flush>
        <div className="scroll">
          <table className="rows">
            <thead>
              <tr>
                <th>Column</th>
                <th>Kind</th>
                <th className="number">Missing</th>
                <th className="number">NaN, infinite</th>
                <th className="number">Other type</th>
                <th className="number">Out of range</th>
                <th>Never seen before</th>
              </tr>
            </thead>
            <tbody>
              {found.columns.map((each) => (
                <tr key={each.name}>
                  <td>{short(each.name)}</td>
                  <td style={{ color: "var(--faint)" }}>{each.kind}</td>
                  <td className="number">{percent(each.missing)}</td>
                  <td className="number">{percent(sum(each.nan, each.infinite))}</td>
                  <td className="number">{percent(each.wrong_type)}</td>
                  <td className="number">{percent(sum(each.below_range, each.above_range))}</td>
                  <td>
                    {each.unseen ? percent(each.unseen) : "–"}
                    <Text span size="xs" c="dimmed">
                      {" "}
                      {each.new_values.slice(0, 3).join(", ")}
                    </Text>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </Stack>
  );
}

const sum = (...values: (number | null | undefined)[]): number | null =>
  values.every((each) => each === null || each === undefined)
    ? null
    : values.reduce<number>((all, each) => all + (each ?? 0), 0);
