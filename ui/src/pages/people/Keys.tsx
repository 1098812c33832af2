import {
  Alert,
  Button,
  Checkbox,
  Code,
  CopyButton,
  Group,
  Modal,
  NumberInput,
  Select,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKey } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { type Key, type KeyWanted, useKeys, useMakeKey, useRevokeKey } from "../../api/keys";
import { Confirm } from "../../components/Confirm";
import { Empty } from "../../components/Empty";
import { Moment } from "../../components/Moment";
import { short } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { said } from "../../components/said";

const ROLES = [
  { value: "ingest", label: "Ingest: sends records" },
  { value: "read", label: "Read: looks" },
  { value: "write", label: "Write: changes models, monitors, incidents" },
  { value: "admin", label: "Admin: channels, members and keys too" },
];
const moment = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** What programs come with. */
export function Keys() {
  const keys = useKeys();
  const [isOpen, { open, close }] = useDisclosure();
  const sorted = [...keys].sort(
    (a, b) =>
      Number(a.revoked_at !== null) - Number(b.revoked_at !== null) || b.created_at - a.created_at,
  );
  return (
    <Panel
      title="API keys"
      about="for programs"
      flush
      actions={
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconKey size={14} />}
          onClick={open}
        >
          Make a key
        </Button>
      }
    >
      <div className="scroll">
        {sorted.length ? (
          <table className="rows">
            <thead>
              <tr>
                <th>Name</th>
                <th>Role</th>
                <th>Records a second</th>
                <th>Made</th>
                <th>Ends</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {sorted.map((each) => (
                <Row key={each.id} own={each} />
              ))}
            </tbody>
          </table>
        ) : (
          <Empty title="No key yet">A program that sends or asks needs one.</Empty>
        )}
      </div>
      {isOpen ? <NewKey onClose={close} /> : null}
    </Panel>
  );
}

function Row({ own }: { own: Key }) {
  const { mutate } = useRevokeKey();
  const isOver =
    own.revoked_at !== null || (own.expires_at !== null && own.expires_at * 1000 < Date.now());
  return (
    <tr style={isOver ? { color: "var(--faint)" } : undefined}>
      <td style={{ overflowWrap: "anywhere" }}>
        <Text size="sm" fw={550}>
          {own.name}
        </Text>
        <Text size="xs" c="dimmed" ff="monospace">
          tg_{own.id}_…
        </Text>
      </td>
      <td>
        {own.role}
        {own.pii ? ", personal data" : ""}
      </td>
      <td>{own.rate === null ? "the server's limit" : short(own.rate)}</td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={moment(own.created_at)} />
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        {own.revoked_at !== null ? (
          "revoked"
        ) : own.expires_at === null ? (
          "never"
        ) : (
          <Moment at={moment(own.expires_at)} />
        )}
      </td>
      <td>
        {isOver ? null : (
          <Confirm
            title={`Revoke “${own.name}”?`}
            text="Whatever comes with it is refused from now on. This cannot be taken back."
            yes="Revoke"
            onYes={() => mutate(own.id, { onError: said })}
          >
            {(ask) => (
              <Button size="compact-xs" variant="default" onClick={ask}>
                Revoke
              </Button>
            )}
          </Confirm>
        )}
      </td>
    </tr>
  );
}

function NewKey({ onClose }: { onClose: () => void }) {
  const { mutate, isPending, error, data } = useMakeKey();
  const [role, setRole] = useState<KeyWanted["role"]>("ingest");
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const told = new FormData(event.currentTarget);
    const number = (name: string) => Number(told.get(name)) || null;
    mutate({
      name: String(told.get("name") ?? "").trim(),
      role,
      lasts_days: number("days"),
      rate: number("rate"),
      pii: told.get("pii") !== null,
    });
  };
  if (data)
    return (
      <Modal opened onClose={onClose} title={`The key “${data.name}”`}>
        <Stack gap="sm">
          <Text size="sm">It is shown this once: keep it where secrets are kept.</Text>
          <Code block>{data.token}</Code>
          <Group justify="flex-end" gap="xs">
            <CopyButton value={data.token}>
              {({ copied, copy }) => (
                <Button size="xs" onClick={copy}>
                  {copied ? "Copied" : "Copy"}
                </Button>
              )}
            </CopyButton>
            <Button size="xs" variant="default" onClick={onClose}>
              I have kept it
            </Button>
          </Group>
        </Stack>
      </Modal>
    );
  return (
    <Modal opened onClose={onClose} title="Make a key">
      <form onSubmit={send} aria-label="New key">
        <Stack gap="sm">
          <TextInput name="name" label="Name" placeholder="checkout service" required />
          <Select
            label="Role"
            data={ROLES}
            value={role}
            allowDeselect={false}
            onChange={(value) => setRole((value ?? "ingest") as KeyWanted["role"])}
          />
          <Group grow>
            <NumberInput
              name="days"
              label="Lasts, days"
              placeholder="for ever"
              min={1}
              max={3650}
            />
            <NumberInput name="rate" label="Records a second" placeholder="no limit" min={1} />
          </Group>
          <Checkbox name="pii" label="Sees fields that hold personal data" />
          {error ? (
            <Alert color="red" variant="light" role="alert">
              {error.message}
            </Alert>
          ) : null}
          <Group justify="flex-end">
            <Button type="submit" size="xs" loading={isPending}>
              Make it
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
