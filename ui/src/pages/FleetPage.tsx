import { Group, SegmentedControl, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import { type FleetModel, useFleet } from "../api/fleet";
import { Empty } from "../components/Empty";
import { Part } from "../components/Fallback";
import { FirstSteps } from "../components/FirstSteps";
import { FleetTable } from "../components/FleetTable";
import { sum } from "../components/numbers";
import { Status } from "../components/Status";
import { SystemStrip } from "../components/SystemStrip";
import type { FleetSearch } from "../search";

const SORTS = [
  { value: "need", label: "Who needs you first" },
  { value: "name", label: "Name" },
  { value: "traffic", label: "Traffic" },
  { value: "seen", label: "Seen longest ago" },
];
const STATUSES = ["critical", "warning", "healthy", "unknown"] as const;

/** All models at a glance, those that need somebody first. */
export function FleetPage() {
  const fleet = useFleet();
  const search = useSearch({ from: "/" });
  const go = useNavigate({ from: "/" });
  const set = (change: FleetSearch) =>
    go({ search: (old) => ({ ...old, ...change }), replace: true });
  const shown = useDeferredValue(chosen(fleet.models, search));
  if (fleet.models.length === 0) return <FirstSteps />;
  const tags = [...new Set(fleet.models.flatMap((each) => Object.keys(each.tags)))].sort();
  return (
    <Stack gap="md" maw={1400} mx="auto">
      <div>
        <Title order={1}>{fleet.summary}</Title>
        <Group gap="lg" mt={6}>
          {STATUSES.filter((each) => fleet.statuses[each]).map((each) => (
            <Group key={each} gap={6}>
              <Status is={each} />
              <Text size="sm" c="dimmed">
                {fleet.statuses[each]} {each === "unknown" ? "without data" : each}
              </Text>
            </Group>
          ))}
        </Group>
      </div>
      <Part height={64}>
        <SystemStrip />
      </Part>
      <Group gap="sm">
        <TextInput
          aria-label="Filter models"
          placeholder="Name, owner, task or tag"
          leftSection={<IconFilter size={15} />}
          value={search.q ?? ""}
          onChange={(event) => set({ q: event.currentTarget.value || undefined })}
          w={{ base: "100%", xs: 240 }}
        />
        <SegmentedControl
          aria-label="Status"
          value={search.status ?? "all"}
          onChange={(value) =>
            set({ status: value === "all" ? undefined : (value as FleetSearch["status"]) })
          }
          data={[
            { value: "all", label: "All" },
            ...STATUSES.filter((each) => fleet.statuses[each]).map((each) => ({
              value: each,
              label: each === "unknown" ? "No data" : each.charAt(0).toUpperCase() + each.slice(1),
            })),
          ]}
        />
        <Select
          aria-label="Order"
          data={SORTS}
          value={search.sort ?? "need"}
          onChange={(value) => set({ sort: (value ?? undefined) as FleetSearch["sort"] })}
          allowDeselect={false}
          w={190}
        />
        {tags.length ? (
          <Select
            aria-label="Group by tag"
            placeholder="Group by tag"
            data={["owner", ...tags]}
            value={search.group ?? null}
            onChange={(value) => set({ group: value ?? undefined })}
            clearable
            w={160}
          />
        ) : null}
      </Group>
      {shown.length ? (
        <FleetTable models={shown} group={search.group} />
      ) : (
        <Empty title="No model fits">Take away a filter to see more.</Empty>
      )}
    </Stack>
  );
}

function chosen(models: FleetModel[], { q, status, sort }: FleetSearch): FleetModel[] {
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const found = models.filter((each) => {
    if (status && each.status !== status) return false;
    const text = [each.model_id, each.owner, each.task, each.description, ...pairs(each.tags)]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (sort === "name") found.sort((a, b) => a.model_id.localeCompare(b.model_id));
  if (sort === "traffic") found.sort((a, b) => sum(b.rate_24h) - sum(a.rate_24h));
  if (sort === "seen") found.sort((a, b) => (a.last_seen ?? "").localeCompare(b.last_seen ?? ""));
  return found;
}

const pairs = (tags: Record<string, string>): string[] =>
  Object.entries(tags).map(([name, value]) => `${name}=${value}`);
