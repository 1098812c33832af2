import { Box, Group, Text } from "@mantine/core";
import {
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconInfoCircleFilled,
} from "@tabler/icons-react";

/** Told by shape and word, not by colour alone. */
const LOOKS = {
  critical: [IconAlertOctagonFilled, "var(--critical)", "Critical"],
  high: [IconAlertTriangleFilled, "var(--high)", "High"],
  medium: [IconAlertTriangleFilled, "var(--medium)", "Medium"],
  warning: [IconAlertTriangleFilled, "var(--medium)", "Warning"],
  low: [IconInfoCircleFilled, "var(--low)", "Low"],
  healthy: [IconCircleCheckFilled, "var(--healthy)", "Healthy"],
  unknown: [IconCircleDashed, "var(--unknown)", "No data yet"],
} as const;

export type Look = keyof typeof LOOKS;

interface Props {
  is: Look;
  /** Else the word alone is read out. */
  word?: boolean;
  size?: number;
}

export function Status({ is, word, size = 16 }: Props) {
  const [Icon, colour, name] = LOOKS[is];
  const icon = <Icon size={size} color={colour} aria-hidden={word} style={{ flex: "none" }} />;
  if (!word)
    return (
      <Box component="span" role="img" aria-label={name} title={name} lh={0}>
        {icon}
      </Box>
    );
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      {icon}
      <Text span size="sm" fw={550} style={{ color: colour }}>
        {name}
      </Text>
    </Group>
  );
}
