import { Group, Text, Tooltip } from "@mantine/core";
import { useFleet } from "../api/fleet";
import type { Live } from "../api/live";
import { exactly, spanOf } from "./time";

const LATE_S = 60;

/** How old what is shown is: nobody should trust a page that stands still. */
export function Freshness({ live }: { live: Live }) {
  const fleet = useFleet();
  const isLate = fleet.lag_seconds > LATE_S;
  const word = isLate ? `${spanOf(fleet.lag_seconds)} behind` : live === "on" ? "Live" : "Not live";
  const colour = isLate ? "var(--high)" : live === "on" ? "var(--healthy)" : "var(--unknown)";
  const counted = fleet.data_time
    ? `Counted up to ${exactly(fleet.data_time)}`
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
