import { Group, Select, Stack, Text } from "@mantine/core";
import { PeriodFields } from "./PeriodFields";
import { own, partOf, type Side } from "./side";

interface Props {
  name: string;
  /** What marks it in the pictures. */
  colour: string;
  side: Side;
  page: { modelId: string; start: string; end: string };
  versions: readonly string[];
  segments: readonly string[];
  onChange: (side: Side) => void;
}

const OWN = "own";

/** Which time, version and segment one side is of. */
export function SidePicker({ name, colour, side, page, versions, segments, onChange }: Props) {
  const mine = own(side.period);
  const choose = (value: string | null) => {
    const { start, end } = partOf(side, page);
    onChange({ ...side, period: value === OWN ? `${start}/${end}` : value || undefined });
  };
  return (
    <Stack gap={6} style={{ minWidth: 0 }}>
      <Group gap={8} wrap="nowrap">
        <span
          aria-hidden
          style={{ width: 10, height: 10, borderRadius: 3, background: colour, flex: "none" }}
        />
        <Text size="sm" fw={600}>
          {name}
        </Text>
      </Group>
      <Group gap="xs">
        <Select
          aria-label={`Time of ${name}`}
          data={[
            { value: "", label: "This time" },
            { value: "before", label: "The time before" },
            { value: "quarter", label: "The last 90 days" },
            { value: OWN, label: "From, to…" },
          ]}
          value={
            mine ? OWN : side.period === "before" || side.period === "quarter" ? side.period : ""
          }
          onChange={choose}
          allowDeselect={false}
          size="xs"
          w={150}
        />
        {versions.length > 1 ? (
          <Select
            aria-label={`Version of ${name}`}
            placeholder="All versions"
            data={versions.map((each) => ({ value: each, label: each || "unnamed" }))}
            value={side.version ?? null}
            onChange={(value) => onChange({ ...side, version: value ?? undefined })}
            clearable
            searchable
            size="xs"
            w={140}
          />
        ) : null}
        {segments.length ? (
          <Select
            aria-label={`Segment of ${name}`}
            placeholder="All traffic"
            data={[...segments]}
            value={side.segment ?? null}
            onChange={(value) => onChange({ ...side, segment: value ?? undefined })}
            clearable
            searchable
            size="xs"
            w={190}
          />
        ) : null}
      </Group>
      {mine ? (
        <PeriodFields
          start={mine[0]}
          end={mine[1]}
          onChange={(start, end) => end > start && onChange({ ...side, period: `${start}/${end}` })}
        />
      ) : null}
    </Stack>
  );
}
