import { Group, Text, Tooltip } from "@mantine/core";
import { useSystemLater } from "../api/fleet";
import type { Live } from "../api/live";
import { exactly, spanOf } from "./time";

const LATE_S = 60;

/** How old what is shown is: nobody should trust a page that stands still. */
export function Freshness({ live }: { live: Live }) {
  const system = useSystemLater();
  if (!system) return null;
  const isLate = system.lag_seconds > LATE_S;
  const word = isLate
    ? `${spanOf(system.lag_seconds)} behind`
    : live === "on"
      ? "Live"
      : "Not live";
  const colour = isLate ? "var(--high)" : live === "on" ? "var(--healthy)" : "var(--unknown)";
  const counted = system.data_time
    ? `Counted up to ${exactly(system.data_time)}`
    : "Nothing has come yet";
  return (
    <Tooltip label={live === "on" ? counted : `${counted}. The page asks again every 30 s.`}>
      <Group gap={6} wrap="nowrap" role="status" aria-label={`${word}. ${counted}`}>
        <span
          style={{ width: 8, height: 8, borderRadius: 8, background: colour, flex: "none" }}
          aria-hidden
        />
        <Text size="xs" c="dimmed" visibleFrom="xs">
          {word}
        </Text>
      </Group>
    </Tooltip>
  );
}
