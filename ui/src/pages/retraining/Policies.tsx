import { Badge, Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import type { Policy } from "../../api/retraining";
import { useMay } from "../../api/session";
import { Moment } from "../../components/Moment";
import { Panel } from "../../components/Panel";
import { starts, trains } from "./policy";
import { PRESETS, RUNNER } from "./presets";

/** Which models are trained again, when, and by whom. */
export function Policies({ policies }: { policies: Policy[] }) {
  const may = useMay("write");
  return (
    <Panel
      title="Policies"
      about="which models, when, and who trains"
      flush
      actions={
        may ? (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPlus size={14} />}
            renderRoot={(props) => <Link to="/retraining/policies/new" {...props} />}
          >
            New policy
          </Button>
        ) : null
      }
    >
      {policies.length ? (
        <section className="scroll" aria-label="Policies">
          <table className="rows">
            <thead>
              <tr>
                <th>Policy</th>
                <th>Models</th>
                <th>Starts</th>
                <th>Who trains</th>
                <th>Changed</th>
              </tr>
            </thead>
            <tbody>
              {policies.map((each) => (
                <Row key={each.name} policy={each} />
              ))}
            </tbody>
          </table>
        </section>
      ) : (
        <Lesson />
      )}
    </Panel>
  );
}

function Row({ policy }: { policy: Policy }) {
  const go = useNavigate();
  const params = { name: policy.name };
  const open = () => go({ to: "/retraining/policies/$name", params });
  return (
    <tr
      data-open
      tabIndex={0}
      onClick={open}
      onKeyDown={(event) => event.key === "Enter" && open()}
    >
      <td style={{ minWidth: 160, overflowWrap: "anywhere" }}>
        <Group gap={8}>
          <Link to="/retraining/policies/$name" params={params} className="plain" tabIndex={-1}>
            <Text size="sm" fw={550}>
              {policy.name}
            </Text>
          </Link>
          {policy.enabled ? null : (
            <Badge size="sm" variant="light" color="gray">
              off
            </Badge>
          )}
        </Group>
      </td>
      <td style={{ overflowWrap: "anywhere" }}>{String(policy.document.models ?? "")}</td>
      <td style={{ minWidth: 180 }}>{starts(policy.document)}</td>
      <td style={{ overflowWrap: "anywhere" }}>{trains(policy.document)}</td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={policy.changed_at} />
      </td>
    </tr>
  );
}

/** What a policy is, where there is none. */
function Lesson() {
  const example = PRESETS[0]?.text ?? "";
  return (
    <Stack gap="sm" p="md" maw={720}>
      <Text size="sm">
        A policy says which models are trained again, what starts that, and who trains them. A
        candidate is held against the model that serves, on labelled rows that it has not seen, and
        kept only where it is surely better. Copy this, and make a policy of it:
      </Text>
      <Copied text={example} name="Copy the policy" />
      <Text size="sm">Then run this beside your code; it takes jobs of the target “train”:</Text>
      <Copied text={RUNNER} name="Copy the command" />
    </Stack>
  );
}

function Copied({ text, name }: { text: string; name: string }) {
  return (
    <Stack gap={4} align="flex-start">
      <Code block w="100%" style={{ whiteSpace: "pre-wrap" }}>
        {text}
      </Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy}>
            {copied ? "Copied" : name}
          </Button>
        )}
      </CopyButton>
    </Stack>
  );
}
