import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useHead, useSegmentPerformance } from "../../api/model";
import { Chart } from "../../charts/Chart";
import { groups } from "../../charts/groups";
import { named } from "../../components/numbers";
import { usePart } from "./part";

const AT_FIRST = 12;

/** A figure in each declared segment: where the model is worse, and how sure that is. */
export function Segments({ metric }: { metric: string }) {
  const part = usePart();
  const { segments } = useHead(part.modelId);
  const [isAll, setAll] = useState(false);
  const shown = isAll ? segments : segments.slice(0, AT_FIRST);
  const totals = useSegmentPerformance(
    part,
    shown.map((each) => each.segment),
    metric,
  );
  if (!segments.length) return null;
  const points = shown.flatMap((each, place) => {
    const figure = totals[place]?.metrics[metric];
    return figure ? [{ column: each.column, group: each.value, ...figure }] : [];
  });
  const columns = [...new Set(points.map((each) => each.column))];
  return (
    <Stack gap="md">
      {columns.map((column) => (
        <Chart
          key={column}
          draw={groups}
          of={[
            `${named(metric)} by ${column}`,
            "with the 95 % interval",
            points.filter((each) => each.column === column),
          ]}
        />
      ))}
      {segments.length > shown.length ? (
        <Group gap="sm">
          <Button size="compact-xs" variant="default" onClick={() => setAll(true)}>
            All {segments.length} segments
          </Button>
          <Text size="xs" c="dimmed">
            {shown.length} are shown
          </Text>
        </Group>
      ) : null}
    </Stack>
  );
}
