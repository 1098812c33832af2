import { Anchor, Button, Group, Menu, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconTemplate, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { type ReactNode, useMemo, useState } from "react";
import type { Problem } from "../../api/client";
import { usePolicies, usePolicy, useRemovePolicy, useSavePolicy } from "../../api/retraining";
import { useMay } from "../../api/session";
import { Confirm } from "../../components/Confirm";
import { DocumentEditor } from "../../components/DocumentEditor";
import { read, written } from "../../components/document";
import { useDraft } from "../../components/draft";
import { Moment } from "../../components/Moment";
import { Panel } from "../../components/Panel";
import { said } from "../../components/said";
import { PRESETS } from "./presets";

export function NewPolicyPage() {
  return <Editor begin={PRESETS[0]?.text ?? ""} />;
}

export function PolicyPage() {
  const { name } = useParams({ from: "/retraining/policies/$name" });
  const { data, tag } = usePolicy(name);
  const about = (
    <Text size="sm" c="dimmed">
      {data.origin === "file"
        ? "Kept by a file: what the file says comes back when it is applied. "
        : ""}
      Changed <Moment at={data.changed_at} /> by {data.changed_by}.
    </Text>
  );
  return <Editor key={name} name={name} tag={tag} begin={written(data.document)} about={about} />;
}

interface Props {
  begin: string;
  name?: string;
  tag?: string;
  about?: ReactNode;
}

/** A policy as it is written. */
function Editor({ begin, name, tag: latest = "", about }: Props) {
  const go = useNavigate();
  const may = useMay("write");
  const { text, tag, write } = useDraft(begin, latest);
  const [called, setCalled] = useState(name ?? "");
  const taken = usePolicies().some((each) => each.name === called) && name === undefined;
  const found = useMemo(() => read(text), [text]);
  const save = useSavePolicy();
  const remove = useRemovePolicy();
  const set = (told: string) => {
    write(told);
    save.reset();
  };
  const back = () => go({ to: "/retraining" });
  const send = () => {
    if (found.document)
      save.mutate({ name: called, tag, body: found.document }, { onSuccess: back });
  };
  const forget = () => remove.mutate({ name: called, tag }, { onSuccess: back, onError: said });
  return (
    <Stack gap="md" maw={900} mx="auto">
      <div>
        <Anchor component={Link} to="/retraining" size="sm">
          Retraining
        </Anchor>
        <Title order={1} style={{ overflowWrap: "anywhere" }}>
          {name ?? "New policy"}
        </Title>
        {about}
      </div>
      <Panel
        title="When, by whom, and what it must prove"
        actions={name || !may ? null : <Presets onPick={set} />}
      >
        <Stack gap="xs">
          {name ? null : (
            <TextInput
              label="Name"
              placeholder="fraud-again"
              value={called}
              onChange={(event) => setCalled(event.currentTarget.value)}
              error={taken ? "There is a policy of this name: open it to change it" : null}
              readOnly={!may}
              required
            />
          )}
          <DocumentEditor
            label="The policy"
            text={text}
            onText={set}
            read={found}
            problem={save.error as Problem | null}
            readOnly={!may}
          />
          {may ? (
            <Group justify="space-between">
              <Button
                size="xs"
                onClick={send}
                loading={save.isPending}
                disabled={!found.document || !called || taken || (!!name && text === begin)}
              >
                {name ? "Save" : "Make it"}
              </Button>
              {name ? (
                <Confirm
                  title={`Remove “${name}”?`}
                  text="It starts nothing any more. Its jobs stay, and those that wait still go."
                  yes="Remove"
                  onYes={forget}
                >
                  {(ask) => (
                    <Button
                      size="xs"
                      variant="subtle"
                      color="red"
                      leftSection={<IconTrash size={14} />}
                      onClick={ask}
                    >
                      Remove
                    </Button>
                  )}
                </Confirm>
              ) : null}
            </Group>
          ) : null}
        </Stack>
      </Panel>
    </Stack>
  );
}

function Presets({ onPick }: { onPick: (text: string) => void }) {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="compact-xs" variant="default" leftSection={<IconTemplate size={14} />}>
          Begin with
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {PRESETS.map((each) => (
          <Menu.Item key={each.name} onClick={() => onPick(each.text)}>
            {each.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
