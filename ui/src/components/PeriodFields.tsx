import { Group, TextInput } from "@mantine/core";
import { fromField, toField } from "./time";

interface Props {
  start: string;
  end: string;
  onChange: (start: string, end: string) => void;
}

/** From when to when, in the time of whoever looks. */
export function PeriodFields({ start, end, onChange }: Props) {
  return (
    <Group gap="xs" grow>
      <TextInput
        type="datetime-local"
        label="From"
        size="xs"
        value={toField(start)}
        onChange={(event) => onChange(fromField(event.currentTarget.value) ?? start, end)}
      />
      <TextInput
        type="datetime-local"
        label="To"
        size="xs"
        value={toField(end)}
        error={end > start ? undefined : "It ends before it begins"}
        onChange={(event) => onChange(start, fromField(event.currentTarget.value) ?? end)}
      />
    </Group>
  );
}
