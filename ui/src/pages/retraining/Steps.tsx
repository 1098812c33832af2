import { Group, Stack, Text } from "@mantine/core";
import {
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconProgress,
} from "@tabler/icons-react";
import { Moment } from "../../components/Moment";
import type { Step } from "./told";

const LOOKS = {
  done: [IconCircleCheckFilled, "var(--healthy)", "done"],
  now: [IconProgress, "var(--low)", "now"],
  ahead: [IconCircleDashed, "var(--unknown)", "still to come"],
  ended: [IconCircleXFilled, "var(--medium)", "it ended here"],
} as const;

/** From asked to served, with when each was. */
export function Steps({ steps }: { steps: Step[] }) {
  return (
    <Stack component="ol" gap="xs" m={0} p={0} style={{ listStyle: "none" }} aria-label="Steps">
      {steps.map((each) => (
        <One key={each.name} step={each} />
      ))}
    </Stack>
  );
}

function One({ step: { name, look, at, text } }: { step: Step }) {
  const [Icon, colour, word] = LOOKS[look];
  return (
    <Group
      component="li"
      gap={10}
      wrap="nowrap"
      align="flex-start"
      aria-current={look === "now" ? "step" : undefined}
    >
      <span role="img" aria-label={word} title={word} style={{ lineHeight: 0, paddingTop: 1 }}>
        <Icon size={18} color={colour} />
      </span>
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={look === "ahead" ? 400 : 550} c={look === "ahead" ? "dimmed" : ""}>
          {name}
          {at ? (
            <Text span inherit c="dimmed" fw={400}>
              , <Moment at={at} />
            </Text>
          ) : null}
        </Text>
        {text ? (
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {text}
          </Text>
        ) : null}
      </div>
    </Group>
  );
}
