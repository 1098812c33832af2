import { ActionIcon, Button, Popover, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCalendar } from "@tabler/icons-react";
import { useState } from "react";
import { PeriodFields } from "./PeriodFields";

interface Props {
  start: string;
  end: string;
  onChange: (start: string, end: string) => void;
}

/** A time of one's own, beside those that are offered. */
export function OwnTime({ start, end, onChange }: Props) {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const [wanted, setWanted] = useState<readonly [string, string] | null>(null);
  const [from, to] = wanted ?? [start, end];
  const use = () => {
    onChange(from, to);
    close();
  };
  return (
    <Popover
      opened={isOpen}
      onChange={toggle}
      onClose={() => setWanted(null)}
      position="bottom-end"
      withinPortal
      trapFocus
      shadow="md"
    >
      <Popover.Target>
        <ActionIcon variant="default" size={30} aria-label="From when to when" onClick={toggle}>
          <IconCalendar size={15} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm" align="flex-end">
          <PeriodFields start={from} end={to} onChange={(...both) => setWanted(both)} />
          <Button size="xs" disabled={to <= from} onClick={use}>
            Show this time
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
