import { ActionIcon, Menu, Text } from "@mantine/core";
import { IconLogout, IconUser } from "@tabler/icons-react";
import { type Session, useLogout } from "../api/session";

const ROLES = { ingest: "sends only", read: "viewer", write: "editor", admin: "admin" } as const;

/** Who looks, and the way out. */
export function Person({ session }: { session: Session }) {
  const { mutate } = useLogout(session);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`You are ${session.name}`}>
          <IconUser size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)">
            {session.kind === "dev" ? "Open to this machine" : session.name}
          </Text>
          <Text size="xs">
            {ROLES[session.role]}, tenant {session.tenant}
          </Text>
        </Menu.Label>
        {session.kind === "dev" ? null : (
          <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => mutate()}>
            Log out
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
