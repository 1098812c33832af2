import { Button, Group, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconUser } from "@tabler/icons-react";
import type { FormEvent } from "react";
import { useSession } from "../api/session";

interface Props {
  owner: string;
  onAssign: (owner: string) => void;
}

/** Whose it is. */
export function Assign({ owner, onAssign }: Props) {
  const { data: session } = useSession();
  const [isOpen, { toggle, close }] = useDisclosure();
  const give = (to: string) => {
    close();
    onAssign(to);
  };
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    give(String(new FormData(event.currentTarget).get("owner") ?? "").trim());
  };
  return (
    <Popover opened={isOpen} onChange={toggle} withinPortal trapFocus position="bottom-end">
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconUser size={15} />}
          onClick={toggle}
          aria-label={owner ? `Assigned to ${owner}: change it` : "Assign"}
        >
          {owner || "Assign"}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={send}>
          <TextInput
            name="owner"
            label="Who looks after it"
            description="A person or a team; nobody, if empty."
            defaultValue={owner}
            maxLength={256}
            autoComplete="off"
          />
          <Group mt="xs" gap="xs" justify="flex-end">
            {session?.kind === "member" && owner !== session.name ? (
              <Button size="xs" variant="default" onClick={() => give(session.name)}>
                Me
              </Button>
            ) : null}
            <Button size="xs" type="submit">
              Assign
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
