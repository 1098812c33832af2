import { Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Failure } from "./Fallback";
import { Stale } from "./Stale";

interface Props {
  count: number;
  isPending: boolean;
  error: Error | null;
  /** Somebody else saved in between. */
  isStale: boolean;
  onGoOn: () => void;
  onSave: () => void;
  onForget: () => void;
  children?: ReactNode;
}

/** What was written and is not saved, at the foot of the screen; nothing where there is nothing. */
export function SaveBar(props: Props) {
  const { count, isPending, error, isStale, onGoOn, onSave, onForget, children } = props;
  if (!count) return null;
  return (
    <section className="save" aria-label="Not saved yet">
      <Stack gap="xs">
        {isStale ? <Stale onGoOn={onGoOn} /> : error ? <Failure error={error} /> : null}
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {count} {count === 1 ? "change" : "changes"}
          </Text>
          {children}
          <Group gap="xs" ml="auto" wrap="nowrap">
            <Button size="xs" variant="default" onClick={onForget}>
              Forget
            </Button>
            <Button size="xs" onClick={onSave} loading={isPending} disabled={isStale}>
              Save
            </Button>
          </Group>
        </Group>
      </Stack>
    </section>
  );
}
