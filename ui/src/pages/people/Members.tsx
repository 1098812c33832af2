import {
  ActionIcon,
  Alert,
  Button,
  Checkbox,
  Group,
  Menu,
  Modal,
  PasswordInput,
  Select,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconUserPlus } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import {
  type Member,
  useAddMember,
  useChangeMember,
  useMembers,
  useRemoveMember,
} from "../../api/members";
import { useProvider, useSession } from "../../api/session";
import { Confirm } from "../../components/Confirm";
import { Empty } from "../../components/Empty";
import { Moment } from "../../components/Moment";
import { Panel } from "../../components/Panel";
import { said } from "../../components/said";
import { PasswordForm } from "./PasswordForm";

const ROLES = [
  { value: "viewer", label: "Viewer: looks" },
  { value: "editor", label: "Editor: acts on incidents, models and monitors" },
  { value: "admin", label: "Admin: channels, members and keys too" },
];

/** The people of the tenant. */
export function Members() {
  const members = useMembers();
  const [isOpen, { open, close }] = useDisclosure();
  return (
    <Panel
      title="Members"
      about="people, who log in by name"
      flush
      actions={
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconUserPlus size={14} />}
          onClick={open}
        >
          Add
        </Button>
      }
    >
      <div className="scroll">
        {members.length ? (
          <table className="rows">
            <thead>
              <tr>
                <th>Who</th>
                <th>Role</th>
                <th>Personal data</th>
                <th>Since</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {members.map((each) => (
                <Row key={each.email} member={each} />
              ))}
            </tbody>
          </table>
        ) : (
          <Empty title="Nobody yet">
            Keys let people in too, but a member can be told by name.
          </Empty>
        )}
      </div>
      {isOpen ? <NewMember onClose={close} /> : null}
    </Panel>
  );
}

function Row({ member }: { member: Member }) {
  const { data: session } = useSession();
  const { mutate } = useChangeMember();
  const { mutate: remove } = useRemoveMember();
  const [isAsking, { open, close }] = useDisclosure();
  const change = (body: Parameters<typeof mutate>[0]["body"]) =>
    mutate({ email: member.email, body }, { onError: said });
  const isOff = member.disabled_at !== null;
  const isMe = session?.name === member.email;
  return (
    <tr style={isOff ? { color: "var(--faint)" } : undefined}>
      <td style={{ overflowWrap: "anywhere" }}>
        <Text size="sm" fw={550}>
          {member.name || member.email}
          {isMe ? " (you)" : ""}
        </Text>
        <Text size="xs" c="dimmed">
          {member.name ? member.email : ""}
          {isOff ? " cannot log in" : ""}
        </Text>
      </td>
      <td>
        <Select
          aria-label={`Role of ${member.email}`}
          size="xs"
          w={110}
          allowDeselect={false}
          disabled={isMe}
          data={["viewer", "editor", "admin"]}
          value={member.role}
          onChange={(role) => role && change({ role: role as Member["role"] })}
        />
      </td>
      <td>
        <Checkbox
          size="xs"
          aria-label={`${member.email} sees personal data`}
          checked={member.pii}
          onChange={(event) => change({ pii: event.currentTarget.checked })}
        />
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={member.created_at} />
      </td>
      <td>
        <Confirm
          title={`Remove ${member.email}?`}
          text="Their sessions end now. What they did stays in the audit."
          yes="Remove"
          onYes={() => remove(member.email, { onError: said })}
        >
          {(ask) => (
            <Menu position="bottom-end" withinPortal>
              <Menu.Target>
                <ActionIcon variant="subtle" color="gray" aria-label={`More for ${member.email}`}>
                  <IconDots size={16} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={open}>New password</Menu.Item>
                {isMe ? null : (
                  <>
                    <Menu.Item onClick={() => change({ disabled: !isOff })}>
                      {isOff ? "Let in again" : "Keep out"}
                    </Menu.Item>
                    <Menu.Item color="red" onClick={ask}>
                      Remove
                    </Menu.Item>
                  </>
                )}
              </Menu.Dropdown>
            </Menu>
          )}
        </Confirm>
        {isAsking ? <PasswordForm email={member.email} onClose={close} /> : null}
      </td>
    </tr>
  );
}

function NewMember({ onClose }: { onClose: () => void }) {
  const { mutate, isPending, error } = useAddMember();
  const { data: provider } = useProvider("");
  const [role, setRole] = useState<Member["role"]>("viewer");
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const told = new FormData(event.currentTarget);
    const field = (name: string) => String(told.get(name) ?? "");
    const body = {
      email: field("email").trim(),
      name: field("name").trim(),
      password: field("password") || null,
      role,
      pii: told.get("pii") !== null,
    };
    mutate(body, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title="Let somebody in">
      <form onSubmit={send} aria-label="New member">
        <Stack gap="sm">
          <TextInput name="email" type="email" label="Mail address" required autoComplete="off" />
          <TextInput name="name" label="Name" autoComplete="off" />
          <Select
            label="Role"
            data={ROLES}
            value={role}
            allowDeselect={false}
            onChange={(value) => setRole((value ?? "viewer") as Member["role"])}
          />
          <PasswordInput
            name="password"
            label="Password"
            description={
              provider
                ? `12 characters or more; none for who only signs in with ${provider.name}.`
                : "12 characters or more; they can change it."
            }
            minLength={12}
            required={!provider}
            autoComplete="new-password"
          />
          <Checkbox name="pii" label="Sees fields that hold personal data" />
          {error ? (
            <Alert color="red" variant="light" role="alert">
              {error.message}
            </Alert>
          ) : null}
          <Group justify="flex-end">
            <Button type="submit" size="xs" loading={isPending}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
