import {
  Badge,
  CopyButton,
  Drawer,
  Group,
  Stack,
  Text,
  Title,
  UnstyledButton,
} from "@mantine/core";
import { type Logged, usePrediction } from "../../api/records";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { digits, named } from "../../components/numbers";
import { exactly } from "../../components/time";
import { answerOf, truthOf, words } from "./record";

interface Props {
  modelId: string;
  id: string | undefined;
  onClose: () => void;
}

/** One prediction, with all that was ever said of it. */
export function RecordDrawer({ modelId, id, onClose }: Props) {
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={
        <Text fw={650} style={{ overflowWrap: "anywhere" }}>
          {id}
        </Text>
      }
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {id === undefined ? null : (
        <Part height={300}>
          <Whole modelId={modelId} id={id} />
        </Part>
      )}
    </Drawer>
  );
}

const MAPS = ["features", "tags", "shap_values"];
const TOLD = [...MAPS, "model_id", "prediction_id"];

function Whole({ modelId, id }: { modelId: string; id: string }) {
  const { predictions, labels, feedback, explanations } = usePrediction(modelId, id);
  const row = predictions[0];
  const explained = explanations[0] ?? row;
  if (!row && !labels.length && !feedback.length)
    return (
      <Empty title="There is no such prediction">
        It may not have come yet, or its rows are kept no longer.
      </Empty>
    );
  const about = Object.entries(row ?? {}).filter(([name]) => !TOLD.includes(name));
  return (
    <Stack gap="lg">
      <Group gap="xl">
        <Fact name="Answer" value={row ? answerOf(row) : "not here"} />
        <Fact name="Truth" value={labels[0] ? truthOf(labels[0]) : "not known yet"} />
        {row ? <Fact name="Time" value={exactly(String(row.timestamp))} small /> : null}
        <Address />
      </Group>
      {predictions.length > 1 ? (
        <Text size="sm" c="dimmed">
          It was sent {predictions.length} times; this is the newest.
        </Text>
      ) : null}
      <Features row={row} explained={explained} />
      <Told title="Labels" about="The latest counts" rows={labels} without={["timestamp"]} />
      <Told title="Feedback" rows={feedback} without={["timestamp"]} />
      <Section title="Of the call">
        <Pairs pairs={about} />
      </Section>
      {row?.tags ? (
        <Section title="Tags">
          <Pairs pairs={Object.entries(row.tags)} />
        </Section>
      ) : null}
    </Stack>
  );
}

function Fact({ name, value, small }: { name: string; value: string; small?: boolean }) {
  return (
    <div style={{ minWidth: 0 }}>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size={small ? "sm" : "lg"} fw={small ? 400 : 650} style={{ overflowWrap: "anywhere" }}>
        {value}
      </Text>
    </div>
  );
}

function Address() {
  return (
    <CopyButton value={window.location.href}>
      {({ copied, copy }) => (
        <UnstyledButton onClick={copy}>
          <Badge variant="light" color="gray" tt="none" fw={500} component="span">
            {copied ? "Copied" : "Copy its address"}
          </Badge>
        </UnstyledButton>
      )}
    </CopyButton>
  );
}

function Section({
  title,
  about,
  children,
}: {
  title: string;
  about?: string;
  children: React.ReactNode;
}) {
  return (
    <section>
      <Group gap={8} mb={4}>
        <Title order={2} fz="sm">
          {title}
        </Title>
        <Text size="xs" c="dimmed">
          {about}
        </Text>
      </Group>
      {children}
    </section>
  );
}

/** What went in, the most important first where attributions say what that is. */
function Features({ row, explained }: { row: Logged | undefined; explained: Logged | undefined }) {
  const features = Object.entries((row?.features ?? {}) as Logged);
  const added = (explained?.shap_values ?? {}) as Record<string, number>;
  const most = Math.max(...Object.values(added).map(Math.abs), 0);
  if (!features.length) return null;
  const ordered = most
    ? features.toSorted(([a], [b]) => Math.abs(added[b] ?? 0) - Math.abs(added[a] ?? 0))
    : features;
  const base = explained?.base_value;
  return (
    <Section
      title="Features"
      about={
        most
          ? `and what each added to the answer${typeof base === "number" ? `, from ${digits(base)}` : ""}`
          : ""
      }
    >
      <table className="rows">
        <tbody>
          {ordered.map(([name, value]) => (
            <tr key={name}>
              <td style={{ paddingLeft: 0, color: "var(--faint)", overflowWrap: "anywhere" }}>
                {name}
              </td>
              <td style={{ overflowWrap: "anywhere" }}>{words(value)}</td>
              {most ? (
                <td style={{ width: 150 }}>
                  <Added value={added[name]} most={most} />
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

const HALF = 34;

/** To the left what pulled down, to the right what pushed up. */
function Added({ value, most }: { value: number | undefined; most: number }) {
  if (value === undefined) return null;
  const size = (Math.abs(value) / most) * HALF;
  return (
    <Group gap={8} wrap="nowrap" justify="flex-end">
      <svg width={2 * HALF} height={12} aria-hidden>
        <title>{digits(value)}</title>
        <rect
          x={value < 0 ? HALF - size : HALF}
          width={size}
          height={12}
          rx={2}
          fill={value < 0 ? "var(--series)" : "var(--other)"}
        />
        <line x1={HALF} x2={HALF} y2={12} stroke="var(--unknown)" />
      </svg>
      <Text size="xs" w={54} ta="right">
        {value > 0 ? "+" : ""}
        {digits(value)}
      </Text>
    </Group>
  );
}

interface ToldProps {
  title: string;
  about?: string;
  rows: readonly Logged[];
  without: readonly string[];
}

/** What came about it later, the newest first. */
function Told({ title, about, rows, without }: ToldProps) {
  if (!rows.length) return null;
  return (
    <Section title={title} about={rows.length > 1 ? about : ""}>
      <table className="rows">
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.timestamp} ${row.received_at}`}>
              <td style={{ paddingLeft: 0, whiteSpace: "nowrap", color: "var(--faint)" }}>
                {exactly(String(row.timestamp))}
              </td>
              <td style={{ overflowWrap: "anywhere" }}>
                {Object.entries(row)
                  .filter(([name]) => ![...TOLD, ...without, "received_at"].includes(name))
                  .map(([name, value]) => `${named(name)}: ${words(value)}`)
                  .join(", ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Pairs({ pairs }: { pairs: [string, unknown][] }) {
  return (
    <table className="rows">
      <tbody>
        {pairs.map(([name, value]) => (
          <tr key={name}>
            <td style={{ paddingLeft: 0, width: "45%", color: "var(--faint)" }}>{named(name)}</td>
            <td style={{ overflowWrap: "anywhere" }}>{words(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
