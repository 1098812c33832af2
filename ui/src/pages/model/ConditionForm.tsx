import { Autocomplete, Button, Group, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";

interface Props {
  known: readonly string[];
  onAdd: (condition: string) => void;
  onIdFind: (id: string) => void;
}

const ID = "prediction_id";

/** One more condition: a column, and the value that it has to have. */
export function ConditionForm({ known, onAdd, onIdFind }: Props) {
  const [column, setColumn] = useState("");
  const [value, setValue] = useState("");
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (column === ID) onIdFind(value);
    else onAdd(`${column}=${value}`);
    setValue("");
  };
  return (
    <form onSubmit={add} style={{ maxWidth: "100%" }}>
      <Group gap={6} wrap="nowrap">
        <Autocomplete
          aria-label="Column"
          placeholder="Column"
          data={[...new Set([ID, ...known])]}
          limit={60}
          value={column}
          onChange={setColumn}
          size="xs"
          w={210}
          miw={90}
        />
        <TextInput
          aria-label="Value"
          placeholder="has the value"
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          size="xs"
          w={140}
          miw={70}
        />
        <Button type="submit" size="xs" variant="default" disabled={!column} flex="none">
          {column === ID ? "Open" : "Filter"}
        </Button>
      </Group>
    </form>
  );
}
