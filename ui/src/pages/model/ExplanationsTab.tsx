import { Code, Grid, Group, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { type Explained, useExplanations } from "../../api/explanations";
import { useDiagnosis } from "../../api/model";
import { Chart } from "../../charts/Chart";
import { importance, importanceCourse } from "../../charts/importance";
import { courses, weights } from "../../charts/weights";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { Moment } from "../../components/Moment";
import { digits, named, percent, short } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";
import { labelledStepOf, useChange, useModelSearch, usePart } from "./part";

const DRAWN = 20;
const FOLLOWED = 5;

/** What the model decides by, and whether that is what it was. */
export function ExplanationsTab() {
  return (
    <Stack gap="md">
      <Part height={140}>
        <Matrix />
      </Part>
      <Part height={420}>
        <Reasons />
      </Part>
    </Stack>
  );
}

/** Inputs, reasons and performance: which of the three moved says where to look. */
function Matrix() {
  const found = useDiagnosis(usePart());
  return (
    <Panel title="What it means" about="Inputs, reasons and performance, seen together">
      <Text size="sm" fw={550}>
        {found.meaning}
      </Text>
      <Text size="sm">{found.look_first}</Text>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" mt="sm">
        {found.facts.map((each) => (
          <div key={each.name} className="fact" data-moved={each.moved ?? "unknown"}>
            <Group gap={6} wrap="nowrap">
              <Status
                is={each.moved === null ? "unknown" : each.moved ? "medium" : "healthy"}
                size={14}
              />
              <Text size="sm" fw={600}>
                {named(each.name)}{" "}
                {each.moved === null ? "not known" : each.moved ? "moved" : "as ever"}
              </Text>
            </Group>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {[each.reason, each.sure].filter(Boolean).join("; ")}
              {each.since ? (
                <>
                  {", "}
                  <Moment at={each.since} />
                </>
              ) : null}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </Panel>
  );
}

function Reasons() {
  const part = usePart();
  const { output } = useModelSearch();
  const set = useChange();
  const found = useExplanations(part, output, labelledStepOf(part));
  if (!found.explanations && !found.before.explanations) return <Teach modelId={part.modelId} />;
  const rows = weights(found.features, DRAWN);
  const against = found.compared_with === "reference" ? "in the reference" : "in the time before";
  const look = found.moved === null ? "unknown" : found.moved ? "medium" : "healthy";
  return (
    <Stack gap="md">
      <Panel>
        <Group gap={10} wrap="nowrap" align="flex-start">
          <span style={{ paddingTop: 3 }}>
            <Status is={look} size={18} />
          </span>
          <div>
            <Text fw={550}>{found.sentence}</Text>
            <Text size="sm" c="dimmed">
              {short(found.explanations)} explanations, {short(found.before.explanations)} {against}
              {found.ndcg === null
                ? ""
                : `; the order of what counts agrees by ${digits(found.ndcg)}`}
              {found.order_moved ? ", which is less than chance explains" : ""}
            </Text>
          </div>
        </Group>
      </Panel>
      {found.outputs.length > 1 ? (
        <Select
          aria-label="Output"
          data={found.outputs.map((each) => ({ value: each, label: each || "unnamed" }))}
          value={found.output}
          onChange={(value) => set({ output: value ?? undefined })}
          allowDeselect={false}
          size="xs"
          w={220}
        />
      ) : null}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Chart draw={importance} of={[rows, against]} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Chart
            draw={importanceCourse}
            of={[
              courses(
                found,
                rows.slice(0, FOLLOWED).map((each) => each.feature),
              ),
            ]}
          />
        </Grid.Col>
      </Grid>
      <Changes features={found.features} total={found.total_features} against={against} />
    </Stack>
  );
}

interface ChangesProps {
  features: Explained[];
  total: number;
  against: string;
}

function Changes({ features, total, against }: ChangesProps) {
  return (
    <Panel
      title="Features"
      about={`What changed first, then what counts most; ${features.length} of ${total}`}
      flush
    >
      <div className="scroll">
        <table className="rows">
          <thead>
            <tr>
              <th>Feature</th>
              <th className="number">Counts for</th>
              <th className="number">Before</th>
              <th className="number">Rank</th>
              <th className="number">Size</th>
              <th className="number">Pulls</th>
              <th>What changed</th>
            </tr>
          </thead>
          <tbody>
            {features.map((each) => (
              <tr key={each.feature}>
                <td style={{ minWidth: 150, overflowWrap: "anywhere" }}>
                  <Group gap={8} wrap="nowrap">
                    <Status is={each.findings.length ? "medium" : "healthy"} size={14} />
                    {each.feature}
                  </Group>
                </td>
                <td className="number" style={{ whiteSpace: "nowrap" }}>
                  {percent(each.importance?.value)}
                  <Text size="xs" c="dimmed">
                    {each.importance?.low == null
                      ? ""
                      : `${percent(each.importance.low)} – ${percent(each.importance.high)}`}
                  </Text>
                </td>
                <td className="number" title={against}>
                  {percent(each.importance_before?.value)}
                </td>
                <td className="number" style={{ whiteSpace: "nowrap" }}>
                  {ranks(each)}
                </td>
                <td className="number">
                  {each.magnitude ? `× ${digits(each.magnitude.value)}` : "–"}
                </td>
                <td className="number" style={{ whiteSpace: "nowrap" }}>
                  {pulls(each)}
                </td>
                <td style={{ minWidth: 300 }}>{each.findings.length ? each.what : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

const ranks = ({ rank, rank_before: before }: Explained): string =>
  rank === before || before === null ? String(rank ?? "–") : `${before} → ${rank ?? "gone"}`;

/** In which direction, on average: not told of personal data. */
function pulls({ mean, mean_before: before }: Explained): string {
  if (!mean) return "–";
  const isTurned = before !== null && Math.sign(before.value) !== Math.sign(mean.value);
  const signed = `${mean.value > 0 ? "+" : ""}${digits(mean.value)}`;
  return isTurned ? `${digits(before.value)} → ${signed}` : signed;
}

function Teach({ modelId }: { modelId: string }) {
  return (
    <Panel title="Why the model answers as it does">
      <Empty title="Nothing of this time is explained">
        <Stack gap="sm">
          An attribution is what a feature added to one answer, as SHAP values are. Log those of a
          sample of predictions, one in a hundred will do, and here stands what the model decides by
          and whether that changes.
          <Code block ta="left">
            {snippet(modelId)}
          </Code>
        </Stack>
      </Empty>
    </Panel>
  );
}

const snippet = (modelId: string): string => `client.log_explanation(
    model_id="${modelId}",
    prediction_id="p1",
    shap_values={"amount": 0.4, "country": -0.1},
    base_value=0.2,
)`;
