import { Group, Text } from "@mantine/core";
import {
  IconAlertOctagonFilled,
  IconBan,
  IconCircleCheckFilled,
  IconCircleMinus,
  IconClock,
  IconPlayerPlayFilled,
  IconScale,
} from "@tabler/icons-react";
import type { State } from "../../api/retraining";

/** Told by shape and word, not by colour alone. */
const LOOKS = {
  queued: [IconClock, "var(--faint)", "Queued"],
  running: [IconPlayerPlayFilled, "var(--low)", "Training"],
  evaluating: [IconScale, "var(--low)", "Evaluating"],
  succeeded: [IconCircleCheckFilled, "var(--healthy)", "Succeeded"],
  rejected: [IconCircleMinus, "var(--medium)", "Rejected"],
  failed: [IconAlertOctagonFilled, "var(--critical)", "Failed"],
  cancelled: [IconBan, "var(--faint)", "Cancelled"],
} as const;

export const worded = (state: State): string => LOOKS[state][2];

/** How a job stands. */
export function JobState({ is }: { is: State }) {
  const [Icon, colour, name] = LOOKS[is];
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      <Icon size={16} color={colour} aria-hidden style={{ flex: "none" }} />
      <Text span size="sm" fw={550} style={{ color: colour }}>
        {name}
      </Text>
    </Group>
  );
}
