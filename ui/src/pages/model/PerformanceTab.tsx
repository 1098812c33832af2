import { Grid, Group, Select, Stack, Text } from "@mantine/core";
import { useEstimates, usePerformance, useWhere } from "../../api/model";
import { Chart } from "../../charts/Chart";
import { calibration } from "../../charts/calibration";
import { confusion } from "../../charts/confusion";
import { performance } from "../../charts/performance";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { Moment } from "../../components/Moment";
import { digits, named, percent, short, whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Scroll } from "../../components/Scroll";
import { Entities } from "./Entities";
import { Errors } from "./Errors";
import { labelledStepOf, useChange, useModelSearch, usePart } from "./part";
import { Segments } from "./Segments";
import { Slices } from "./Slices";

/** How good the model was, as far as the truth is known, and how good it is expected to prove. */
export function PerformanceTab() {
  const part = usePart();
  const found = usePerformance(part, labelledStepOf(part));
  const { metric: asked } = useModelSearch();
  const set = useChange();
  const names = Object.keys(found.total.metrics);
  const metric = asked && names.includes(asked) ? asked : (found.main_metric ?? names[0] ?? null);
  const estimates = useEstimates(part, metric, found.step);
  if (!metric)
    return (
      <Panel title="Performance">
        <Empty title="No label has come of this time">
          Bring the truth when it is known, by <code>client.label</code> or a file, and each figure
          stands here with its interval. Labels may come weeks later: they restate the past.
        </Empty>
      </Panel>
    );
  const delay = found.label_delay;
  // All parts of the page are of the steps that the figures are of.
  const told = { ...part, start: found.start_time, end: found.end_time };
  return (
    <Stack gap="md">
      <Group gap="lg">
        <Select
          aria-label="Figure"
          data={names.map((each) => ({ value: each, label: named(each) }))}
          value={metric}
          onChange={(value) => set({ metric: value ?? undefined })}
          searchable
          allowDeselect={false}
          size="xs"
          w={220}
        />
        <Text size="sm" c="dimmed">
          {percent(found.total.coverage)} of {short(found.total.predictions)} predictions are
          labelled
          {delay ? `; half of the labels come within ${digits(delay.p50_hours, 2)} h` : ""}
          {found.total.final_by ? "; final " : ""}
          {found.total.final_by ? <Moment at={found.total.final_by} /> : null}
        </Text>
      </Group>
      <Chart draw={performance} of={[found, metric, estimates]} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            <Figures found={found} />
            {names.some(isOfErrors) ? (
              <Part height={300}>
                <Errors part={told} />
              </Part>
            ) : null}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            {found.confusion_matrix.length ? (
              <Chart draw={confusion} of={[found.confusion_matrix]} />
            ) : null}
            {found.calibration.length ? (
              <Chart draw={calibration} of={[found.calibration]} />
            ) : null}
            {part.segment ? null : (
              <Part>
                <Segments metric={metric} />
              </Part>
            )}
            <Part>
              <Where />
            </Part>
            <Slices />
          </Stack>
        </Grid.Col>
      </Grid>
      <Part>
        <Entities part={told} metric={metric} />
      </Part>
    </Stack>
  );
}

/** Numbers have errors that are spread: of one output, or of several. */
const isOfErrors = (name: string): boolean => name === "mae" || /^outputs\..*\.mae$/.test(name);

function Figures({ found }: { found: ReturnType<typeof usePerformance> }) {
  return (
    <Panel title="Figures" about="With the interval of 95 %, over the whole time" flush>
      <Scroll name="All figures" height={640}>
        <table className="rows">
          <thead>
            <tr>
              <th>Figure</th>
              <th className="number">Value</th>
              <th className="number">Between</th>
              <th className="number">Labels</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(found.total.metrics).map(([name, figure]) => (
              <tr key={name}>
                <td>{named(name)}</td>
                <td className="number">{digits(figure.value, 4)}</td>
                <td className="number" style={{ color: "var(--faint)", whiteSpace: "nowrap" }}>
                  {figure.low === null ? "–" : `${digits(figure.low)} – ${digits(figure.high)}`}
                </td>
                <td className="number" title={whole(figure.n)}>
                  {short(figure.n)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

function Where() {
  const found = useWhere(usePart());
  if (!found?.columns.length) return null;
  return (
    <Panel title="Where" about={found.sentence} flush>
      <table className="rows">
        <thead>
          <tr>
            <th>Segment</th>
            <th className="number">Errors before</th>
            <th className="number">Errors now</th>
            <th className="number">Labels</th>
          </tr>
        </thead>
        <tbody>
          {found.columns.flatMap((column) =>
            column.pieces.map((piece) => (
              <tr key={piece.segment}>
                <td>{piece.segment}</td>
                <td className="number">{percent(piece.error_rate_before)}</td>
                <td className="number">{percent(piece.error_rate)}</td>
                <td className="number">{short(piece.labelled)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </Panel>
  );
}
