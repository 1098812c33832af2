import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** Where nothing is: why, and what brings something. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap={4} py="xl" px="md">
      <Text fw={600} size="sm">
        {title}
      </Text>
      {children ? (
        <Text size="sm" c="dimmed" maw={460} ta="center" component="div">
          {children}
        </Text>
      ) : null}
    </Stack>
  );
}
