import { Button, Group, Slider, Text } from "@mantine/core";
import { useState } from "react";
import { exactly } from "./time";

interface Props {
  /** When each step begins. */
  moments: readonly string[];
  at: string | undefined;
  /** To a step, or off all of them. */
  onMove: (at: string | undefined) => void;
}

/** Through time, step by step, by hand or with the arrow keys. */
export function Scrubber({ moments, at, onMove }: Props) {
  const known = moments.findIndex((each) => at && Date.parse(each) === Date.parse(at));
  const [moved, setMoved] = useState<number | null>(null);
  const last = moments.length - 1;
  const place = moved ?? (known < 0 ? last : known);
  const moment = moments[place];
  return (
    <Group gap="sm" wrap="nowrap">
      <Slider
        min={0}
        max={last}
        value={place}
        onChange={setMoved}
        onChangeEnd={(told) => {
          setMoved(null);
          onMove(moments[told]);
        }}
        label={null}
        thumbLabel="Moment"
        size="sm"
        style={{ flex: 1 }}
        thumbProps={{ "aria-valuetext": moment ? exactly(moment) : "" }}
      />
      <Text size="xs" c="dimmed" w={150} role="status">
        {moved === null && known < 0 ? "The whole time" : moment ? exactly(moment) : ""}
      </Text>
      <Button
        size="compact-xs"
        variant="default"
        disabled={known < 0}
        onClick={() => onMove(undefined)}
      >
        All
      </Button>
    </Group>
  );
}
