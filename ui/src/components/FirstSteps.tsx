import { Button, Code, CopyButton, Stack, Text, Title } from "@mantine/core";
import { Panel } from "./Panel";

/** An empty fleet teaches: what to paste, and that it turns green by itself. */
export function FirstSteps() {
  const url = window.location.origin;
  const python = `pip install tidegauge

import tidegauge

client = tidegauge.Client("${url}", api_key="<an ingest key>")
client.log(
    model_id="my-model",
    features={"age": 31, "plan": "basic"},
    prediction={"label": "stays", "score": 0.83},
)
client.close()`;
  return (
    <Stack maw={760} mx="auto" gap="md">
      <div>
        <Title order={1}>Waiting for the first prediction</Title>
        <Text c="dimmed" size="sm" mt={4}>
          Log one from any Python code, and its model is here at once: there is nothing to declare.
        </Text>
      </div>
      <Panel
        title="From Python"
        actions={
          <CopyButton value={python}>
            {({ copied, copy }) => (
              <Button size="compact-xs" variant="default" onClick={copy}>
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        }
      >
        <Code block>{python}</Code>
      </Panel>
    </Stack>
  );
}
