import { Grid, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { useCallback, useDeferredValue, useState } from "react";
import { useDrift } from "../../api/model";
import { Chart } from "../../charts/Chart";
import type { Row } from "../../charts/drawing";
import { drift } from "../../charts/drift";
import { ranked, short } from "../../charts/heat";
import { Sparkline } from "../../charts/Sparkline";
import { Empty } from "../../components/Empty";
import { digits } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Scroll } from "../../components/Scroll";
import { Status } from "../../components/Status";
import { Beside } from "./Beside";
import { daysOf, stepOf, useChange, useModelSearch, usePart } from "./part";

const METHODS = ["psi", "ks", "kl", "jensen_shannon"];
const SHOWN = 25;
const LISTED = 200;
const PAUSE_MS = 250;
const LOOKS = { critical: "critical", warning: "medium", normal: "healthy" } as const;

/** Which columns moved, when, and how. */
export function DriftTab() {
  const part = usePart();
  const { metric = "psi", feature } = useModelSearch();
  const set = useChange();
  const pick = useCallback((name: string) => set({ feature: name }), [set]);
  const [words, setWords] = useState("");
  const step =
    daysOf(part) <= 2 ? Math.min(stepOf(part), 3_600) : daysOf(part) <= 8 ? 3_600 * 24 : 86_400;
  // Deferred: the page stays while others are looked for.
  const [settled] = useDebouncedValue(words, PAUSE_MS);
  const like = useDeferredValue(settled);
  const found = useDrift(part, METHODS.includes(metric) ? metric : "psi", step, like, LISTED);
  const all = ranked(found);
  if (!all.length && !words)
    return (
      <Panel title="Drift">
        <Empty title="Nothing to compare yet">
          The first 1,000 predictions become a reference by themselves; one can be uploaded, too.
        </Empty>
      </Panel>
    );
  const fitting = all.filter((each) => each.feature.toLowerCase().includes(words.toLowerCase()));
  const shown = fitting.slice(0, SHOWN).map((each) => each.feature);
  const pickRow = (row: Row) => {
    const name = shown.find((each) => short(each) === row.feature);
    if (name) pick(name);
  };
  const chosen = feature ?? all[0]?.feature ?? "";
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, lg: 7 }}>
        <Stack gap="md">
          <Group gap="sm">
            <TextInput
              aria-label="Filter features"
              placeholder={`Filter ${words ? "" : found.total_features} columns`}
              leftSection={<IconFilter size={15} />}
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
              size="xs"
              w={220}
            />
            <Select
              aria-label="Method"
              data={METHODS.map((each) => ({
                value: each,
                label: each.toUpperCase().replace("_", "–"),
              }))}
              value={metric}
              onChange={(value) => set({ metric: value ?? undefined })}
              allowDeselect={false}
              size="xs"
              w={170}
            />
          </Group>
          <Chart draw={drift} of={[found, shown, metric]} onPick={pickRow} />
          {fitting.length > SHOWN ? (
            <Text size="xs" c="dimmed">
              The {SHOWN} that are furthest now, of {found.total_features}. Filter to see others.
            </Text>
          ) : null}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 5 }}>
        <Stack gap="md">
          <Beside
            feature={chosen}
            moments={found.series[0]?.data_points.map((each) => each.timestamp) ?? []}
            step={found.step}
          />
          <Panel title="Columns" about="The furthest from the reference first" flush>
            <Scroll name="All columns" height={460}>
              <table className="rows">
                <thead>
                  <tr>
                    <th>Column</th>
                    <th>Over time</th>
                    <th className="number">Now</th>
                  </tr>
                </thead>
                <tbody>
                  {fitting.map((each) => (
                    <tr
                      key={each.feature}
                      data-open
                      data-at={each.feature === chosen}
                      tabIndex={0}
                      onClick={() => pick(each.feature)}
                      onKeyDown={(event) => event.key === "Enter" && pick(each.feature)}
                    >
                      <td>
                        <Group gap={8} wrap="nowrap">
                          <Status
                            is={LOOKS[each.status as keyof typeof LOOKS] ?? "unknown"}
                            size={14}
                          />
                          <Text size="sm" truncate maw={220}>
                            {short(each.feature)}
                          </Text>
                        </Group>
                      </td>
                      <td>
                        <Sparkline
                          values={each.values}
                          fromZero
                          width={80}
                          height={20}
                          label={`${metric} of ${each.feature} over time`}
                        />
                      </td>
                      <td className="number">{digits(each.now)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          </Panel>
        </Stack>
      </Grid.Col>
    </Grid>
  );
}
