import { Anchor, Button, Group, Menu, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconTemplate, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Problem } from "../../api/client";
import { useMonitor, useRemoveMonitor, useSaveMonitor } from "../../api/monitors";
import { useMay } from "../../api/session";
import { Confirm } from "../../components/Confirm";
import { DocumentEditor } from "../../components/DocumentEditor";
import { read, written } from "../../components/document";
import { useDraft } from "../../components/draft";
import { Part } from "../../components/Fallback";
import { Moment } from "../../components/Moment";
import { Panel } from "../../components/Panel";
import { said } from "../../components/said";
import { BacktestPanel } from "./BacktestPanel";
import { PRESETS } from "./presets";

export function NewMonitorPage() {
  return <Editor title="New monitor" begin={PRESETS[0]?.text ?? ""} />;
}

export function MonitorPage() {
  const { name } = useParams({ from: "/monitors/$name" });
  const { data, tag } = useMonitor(name);
  const about = (
    <Text size="sm" c="dimmed">
      {data.origin === "file"
        ? "Kept by a file: what the file says comes back when it is applied. "
        : data.origin === "default"
          ? "There by default, until somebody says something else. "
          : ""}
      Changed <Moment at={data.changed_at} /> by {data.changed_by}.
    </Text>
  );
  return (
    <Editor
      key={name}
      title={name}
      name={name}
      tag={tag}
      begin={written(data.document)}
      about={about}
    />
  );
}

interface Props {
  title: string;
  begin: string;
  name?: string;
  tag?: string;
  about?: React.ReactNode;
}

/** A monitor as it is written, beside what it would have told. */
function Editor({ title, begin, name, tag: latest = "", about }: Props) {
  const go = useNavigate();
  const may = useMay("write");
  const { text, tag, write } = useDraft(begin, latest);
  const found = useMemo(() => read(text), [text]);
  const save = useSaveMonitor();
  const remove = useRemoveMonitor();
  const set = (told: string) => {
    write(told);
    save.reset();
  };
  const send = () => {
    if (!found.document) return;
    save.mutate(
      { body: found.document, ...(name ? { name, tag } : {}) },
      { onSuccess: () => go({ to: "/monitors" }) },
    );
  };
  const forget = () =>
    remove.mutate(
      { name: name ?? "", tag },
      { onSuccess: () => go({ to: "/monitors" }), onError: said },
    );
  return (
    <Stack gap="md" maw={1400} mx="auto">
      <div>
        <Anchor component={Link} to="/monitors" size="sm">
          Monitors
        </Anchor>
        <Title order={1} style={{ overflowWrap: "anywhere" }}>
          {title}
        </Title>
        {about}
      </div>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Panel
          title="What is watched"
          actions={
            name || !may ? null : (
              <Menu position="bottom-end" withinPortal>
                <Menu.Target>
                  <Button
                    size="compact-xs"
                    variant="default"
                    leftSection={<IconTemplate size={14} />}
                  >
                    Begin with
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  {PRESETS.map((each) => (
                    <Menu.Item key={each.name} onClick={() => set(each.text)}>
                      {each.name}
                    </Menu.Item>
                  ))}
                </Menu.Dropdown>
              </Menu>
            )
          }
        >
          <DocumentEditor
            label="The monitor"
            text={text}
            onText={set}
            read={found}
            problem={save.error as Problem | null}
            readOnly={!may}
          />
          {may ? (
            <Group mt="sm" justify="space-between">
              <Button
                size="xs"
                onClick={send}
                loading={save.isPending}
                disabled={!found.document || (name !== undefined && text === begin)}
              >
                {name ? "Save" : "Make it"}
              </Button>
              {name ? (
                <Confirm
                  title={`Remove “${name}”?`}
                  text="What it found goes with it; incidents that it opened stay, and end in time."
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
        </Panel>
        <Part height={320}>
          <BacktestPanel document={found.document} onUse={(document) => set(written(document))} />
        </Part>
      </SimpleGrid>
    </Stack>
  );
}
