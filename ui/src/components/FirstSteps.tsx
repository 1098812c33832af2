import { Button, Code, CopyButton, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useMakeKey } from "../api/keys";
import { useMay } from "../api/session";
import { Panel } from "./Panel";
import { said } from "./said";

/** An empty fleet teaches: what to paste; the page goes on by itself when something comes. */
export function FirstSteps() {
  const isAdmin = useMay("admin");
  const { mutate, data, isPending } = useMakeKey();
  const key = data?.token ?? "<an ingest key>";
  return (
    <Stack maw={780} mx="auto" gap="md">
      <div>
        <Title order={1}>Waiting for the first prediction</Title>
        <Text c="dimmed" size="sm" mt={4}>
          Log one from any code, and its model is here a moment later: there is nothing to declare.
        </Text>
      </div>
      {isAdmin && !data ? (
        <Group>
          <Button
            size="xs"
            leftSection={<IconKey size={15} />}
            loading={isPending}
            onClick={() =>
              mutate({ name: "first sender", role: "ingest", pii: false }, { onError: said })
            }
          >
            Make an ingest key, and put it in
          </Button>
        </Group>
      ) : null}
      {data ? (
        <Text size="sm">The key is shown here this once: it is in the snippets below.</Text>
      ) : null}
      <Snippet title="From Python" text={python(window.location.origin, key)} />
      <Snippet title="From anything" text={shell(window.location.origin, key)} />
      <Group gap={8} role="status">
        <Loader size="xs" type="dots" />
        <Text size="sm" c="dimmed">
          Listening for it
        </Text>
      </Group>
    </Stack>
  );
}

function Snippet({ title, text }: { title: string; text: string }) {
  const copy = (
    <CopyButton value={text}>
      {({ copied, copy: onCopy }) => (
        <Button size="compact-xs" variant="default" onClick={onCopy}>
          {copied ? "Copied" : "Copy"}
        </Button>
      )}
    </CopyButton>
  );
  return (
    <Panel title={title} actions={copy}>
      <Code block>{text}</Code>
    </Panel>
  );
}

const python = (url: string, key: string): string => `# pip install tidegauge
import tidegauge as tg

client = tg.Client("${url}", "${key}")
client.log(
    model_id="my-model",
    model_version="1",
    prediction_id="p1",
    features={"age": 31, "plan": "basic"},
    prediction_label="stays",
    prediction_score=0.83,
)
client.close()`;

const shell = (url: string, key: string): string => `curl ${url}/api/v1/predictions \\
  -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\
  -d '{"model_id": "my-model", "prediction_id": "p1", "features": {"age": 31},
       "prediction_label": "stays", "prediction_score": 0.83}'`;
