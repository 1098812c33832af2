import {
  Alert,
  Anchor,
  Button,
  Code,
  Group,
  Menu,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconTemplate, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useChannel, useRemoveChannel, useSaveChannel } from "../../api/channels";
import type { Problem } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../components/Confirm";
import { DocumentEditor } from "../../components/DocumentEditor";
import { read, written } from "../../components/document";
import { useDraft } from "../../components/draft";
import { Part } from "../../components/Fallback";
import { Panel } from "../../components/Panel";
import { said } from "../../components/said";
import { Deliveries } from "./Deliveries";
import { PRESETS } from "./presets";
import { TestChannel } from "./TestChannel";

export function NewChannelPage() {
  return <Editor begin={PRESETS.Email ?? ""} />;
}

export function ChannelPage() {
  const { name } = useParams({ from: "/channels/$name" });
  const { data, tag } = useChannel(name);
  return <Editor key={name} name={name} tag={tag} begin={written(data.document)} />;
}

interface Props {
  name?: string;
  tag?: string;
  begin: string;
}

/** Where a channel goes, and all that went there. */
function Editor({ name, tag: latest = "", begin }: Props) {
  const go = useNavigate();
  const isAdmin = useMay("admin");
  const { text, tag, write } = useDraft(begin, latest);
  const [called, setCalled] = useState(name ?? "");
  const found = useMemo(() => read(text), [text]);
  const save = useSaveChannel();
  const remove = useRemoveChannel();
  const set = (told: string) => {
    write(told);
    save.reset();
  };
  const send = () => {
    if (!found.document) return;
    save.mutate(
      { name: called, tag, body: found.document },
      {
        onSuccess: ({ made_secrets: made }) => {
          if (made.length === 0) go({ to: "/channels" });
        },
      },
    );
  };
  const forget = () =>
    remove.mutate(called, { onSuccess: () => go({ to: "/channels" }), onError: said });
  const secrets = save.data?.made_secrets ?? [];
  return (
    <Stack gap="md" maw={1400} mx="auto">
      <div>
        <Anchor component={Link} to="/channels" size="sm">
          Channels
        </Anchor>
        <Group gap="sm">
          <Title order={1} style={{ overflowWrap: "anywhere" }}>
            {name ?? "New channel"}
          </Title>
          {name ? <TestChannel name={name} /> : null}
        </Group>
      </div>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Panel
          title="Where it goes"
          about={name ? "A secret is shown as ********** and stays as it is if left so." : ""}
          actions={
            name || !isAdmin ? null : (
              <Menu position="bottom-end" withinPortal>
                <Menu.Target>
                  <Button
                    size="compact-xs"
                    variant="default"
                    leftSection={<IconTemplate size={14} />}
                  >
                    Kind
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  {Object.entries(PRESETS).map(([kind, preset]) => (
                    <Menu.Item key={kind} onClick={() => set(preset)}>
                      {kind}
                    </Menu.Item>
                  ))}
                </Menu.Dropdown>
              </Menu>
            )
          }
        >
          <Stack gap="xs">
            {name ? null : (
              <TextInput
                label="Name"
                placeholder="pager"
                value={called}
                onChange={(event) => setCalled(event.currentTarget.value)}
                required
              />
            )}
            <DocumentEditor
              label="The channel"
              text={text}
              onText={set}
              read={found}
              problem={save.error as Problem | null}
              readOnly={!isAdmin}
            />
            {secrets.length ? (
              <Alert color="tide" variant="light" title="Its secret, shown this once">
                {secrets.map((each) => (
                  <Code key={each} block>
                    {each}
                  </Code>
                ))}
                <Anchor component={Link} to="/channels" size="sm">
                  I have kept it
                </Anchor>
              </Alert>
            ) : null}
            {isAdmin ? (
              <Group justify="space-between">
                <Button
                  size="xs"
                  onClick={send}
                  loading={save.isPending}
                  disabled={!found.document || !called || (name !== undefined && text === begin)}
                >
                  {name ? "Save" : "Make it"}
                </Button>
                {name ? (
                  <Confirm
                    title={`Remove ${name}?`}
                    text="Nothing goes there any more, and what waits to go there is given up."
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
            ) : (
              <Text size="xs" c="dimmed">
                An admin can change it.
              </Text>
            )}
          </Stack>
        </Panel>
        {name ? (
          <Part height={320}>
            <Deliveries channel={name} />
          </Part>
        ) : null}
      </SimpleGrid>
    </Stack>
  );
}
