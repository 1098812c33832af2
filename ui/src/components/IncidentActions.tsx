import { Button, Group, Menu, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconBellOff,
  IconCheck,
  IconMoonStars,
  IconThumbDown,
  IconThumbUp,
  IconUserCheck,
} from "@tabler/icons-react";
import { type Act, type Incident, useAct } from "../api/incidents";
import { useMay } from "../api/session";
import { Assign } from "./Assign";
import { SilenceForm } from "./SilenceForm";
import { said } from "./said";

const SNOOZES = ["1 h", "4 h", "1 d", "1 week"];

/** What a person can do about an incident now. */
export function IncidentActions({ incident }: { incident: Incident }) {
  const { mutate, isPending } = useAct(incident.incident_id);
  const act = (one: Act) => mutate(one, { onError: said });
  const may = useMay("write");
  const [isSilencing, { open, close }] = useDisclosure();
  if (!may) return null;
  const isLive = incident.state === "open" || incident.state === "acknowledged";
  return (
    <Group gap="xs">
      {incident.state === "open" ? (
        <Button
          size="xs"
          leftSection={<IconUserCheck size={15} />}
          loading={isPending}
          onClick={() => act({ act: "ack", body: {} })}
        >
          Acknowledge
        </Button>
      ) : null}
      {incident.state === "acknowledged" ? (
        <Button size="xs" variant="default" onClick={() => act({ act: "unack" })}>
          Give back
        </Button>
      ) : null}
      {isLive ? (
        <>
          <Menu withinPortal position="bottom-end">
            <Menu.Target>
              <Button size="xs" variant="default" leftSection={<IconMoonStars size={15} />}>
                Snooze
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {SNOOZES.map((each) => (
                <Menu.Item
                  key={each}
                  onClick={() => act({ act: "snooze", body: { duration: each } })}
                >
                  {each}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconBellOff size={15} />}
            onClick={open}
          >
            Silence
          </Button>
          <Assign
            owner={incident.owner}
            onAssign={(owner) => act({ act: "assign", body: { owner } })}
          />
          {isSilencing ? <SilenceForm matchers={about(incident)} onClose={close} /> : null}
          <Button
            size="xs"
            variant="default"
            leftSection={<IconCheck size={15} />}
            onClick={() => act({ act: "resolve", body: { reason: "by hand" } })}
          >
            Resolve
          </Button>
        </>
      ) : null}
      <Group gap={4}>
        <Text size="xs" c="dimmed">
          Was this useful?
        </Text>
        <Useful incident={incident} value onAct={act} />
        <Useful incident={incident} value={false} onAct={act} />
      </Group>
    </Group>
  );
}

/** What an incident is about, as a silence says it. */
const about = ({ model_id: model, family }: Incident): string[] => [
  `model=${JSON.stringify(model)}`,
  `family=${JSON.stringify(family)}`,
];

interface UsefulProps {
  incident: Incident;
  value: boolean;
  onAct: (one: Act) => void;
}

function Useful({ incident, value, onAct }: UsefulProps) {
  const Icon = value ? IconThumbUp : IconThumbDown;
  return (
    <Button
      size="compact-xs"
      variant={incident.useful === value ? "light" : "subtle"}
      color="gray"
      aria-label={value ? "Yes, it was useful" : "No, it was not"}
      aria-pressed={incident.useful === value}
      onClick={() => onAct({ act: "feedback", body: { useful: value, text: "" } })}
    >
      <Icon size={15} />
    </Button>
  );
}
