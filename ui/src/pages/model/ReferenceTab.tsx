import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconHistory, IconUpload } from "@tabler/icons-react";
import { type Reference, useReferences } from "../../api/references";
import { useMay } from "../../api/session";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { Moment } from "../../components/Moment";
import { whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { exactly } from "../../components/time";
import { LearnDialog } from "./LearnDialog";
import { usePart } from "./part";
import { SchemaPanel } from "./SchemaPanel";
import { UploadDialog } from "./UploadDialog";

/** What rows are compared with, and what their columns are taken for. */
export function ReferenceTab() {
  return (
    <Stack gap="md">
      <References />
      <Part height={420}>
        <SchemaPanel />
      </Part>
    </Stack>
  );
}

const SOURCES: Record<Reference["source"], string> = {
  provisional: "the first rows, for the time being",
  learned: "learned by itself",
  upload: "a file",
  range: "rows of a period",
};

function References() {
  const part = usePart();
  const found = useReferences(part.modelId);
  const may = useMay("write");
  const [isUploading, upload] = useDisclosure();
  const [isLearning, learn] = useDisclosure();
  const actions = may ? (
    <Group gap="xs">
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconUpload size={14} />}
        onClick={upload.open}
      >
        Upload a file
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconHistory size={14} />}
        onClick={learn.open}
      >
        Learn from a period
      </Button>
    </Group>
  ) : null;
  return (
    <Panel
      title="References"
      about="Rows are compared with the latest; the older ones are history"
      actions={actions}
      flush
    >
      {found.length ? (
        <div className="scroll">
          <table className="rows">
            <thead>
              <tr>
                <th>Name</th>
                <th>From</th>
                <th className="number">Rows</th>
                <th>Of the time</th>
                <th>Version</th>
                <th>Made</th>
                <th>Why</th>
              </tr>
            </thead>
            <tbody>
              {found.map((each) => (
                <Row key={each.number} reference={each} />
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Empty title="There is no reference yet">
          The first 1,000 predictions become one by themselves. A file of the rows that the model
          was trained on is better, as soon as there is one.
        </Empty>
      )}
      <UploadDialog modelId={part.modelId} isOpen={isUploading} onClose={upload.close} />
      {isLearning ? <LearnDialog part={part} onClose={learn.close} /> : null}
    </Panel>
  );
}

function Row({ reference: each }: { reference: Reference }) {
  return (
    <tr>
      <td style={{ minWidth: 210 }}>
        <Group gap={8} wrap="nowrap">
          <Text size="sm" fw={each.is_current ? 600 : 400} style={{ overflowWrap: "anywhere" }}>
            {each.name}
          </Text>
          {each.is_current ? (
            <Badge variant="light" tt="none" fw={550} flex="none">
              current
            </Badge>
          ) : null}
        </Group>
      </td>
      <td style={{ minWidth: 120 }}>{SOURCES[each.source]}</td>
      <td className="number">{whole(each.rows)}</td>
      <td style={{ minWidth: 210 }}>
        {each.last_at && each.last_at !== each.first_at
          ? `${exactly(each.first_at)} – ${exactly(each.last_at)}`
          : exactly(each.first_at)}
      </td>
      <td>{each.version ?? "all"}</td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={each.created_at} />
        <Text size="xs" c="dimmed">
          {each.created_by}
        </Text>
      </td>
      <td style={{ minWidth: 140, maxWidth: 260, overflowWrap: "anywhere" }}>{each.why || "–"}</td>
    </tr>
  );
}
