import { Group, Stack, Text } from "@mantine/core";
import { type Comparison, type Difference, useComparison } from "../../api/comparison";
import { short as column } from "../../charts/heat";
import { Interval } from "../../charts/Interval";
import { AnchorLink } from "../../components/AnchorLink";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { digits, named, percent, short, whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";
import { partOf } from "../../components/side";
import { exactly } from "../../components/time";
import { Sides } from "./Sides";
import { useSides } from "./sides";

/** Two versions, variants or times side by side: which is better, and how sure that is. */
export function CompareTab() {
  return (
    <Stack gap="md">
      <Panel>
        <Sides />
      </Panel>
      <Part height={420}>
        <Both />
      </Part>
    </Stack>
  );
}

function Both() {
  const { page, a, b } = useSides();
  const found = useComparison(partOf(a, page), partOf(b, page));
  return (
    <Stack gap="md">
      <Panel>
        <Text fw={550}>{found.sentence}</Text>
        <SidesTable found={found} />
      </Panel>
      <Figures metrics={found.metrics} />
      <Columns found={found} />
    </Stack>
  );
}

function SidesTable({ found }: { found: Comparison }) {
  const sides = [
    ["A", found.a],
    ["B", found.b],
  ] as const;
  return (
    <div className="scroll">
      <table className="rows" style={{ marginTop: 8 }}>
        <thead>
          <tr>
            <th>Side</th>
            <th>Time</th>
            <th>Version</th>
            <th>Segment</th>
            <th className="number">Predictions</th>
            <th className="number">Labelled</th>
          </tr>
        </thead>
        <tbody>
          {sides.map(([name, side]) => (
            <tr key={name}>
              <td>{name}</td>
              <td style={{ whiteSpace: "nowrap" }}>
                {exactly(side.start_time)} – {exactly(side.end_time)}
              </td>
              <td>{side.version === null ? "all" : side.version || "unnamed"}</td>
              <td>{side.segment || "all"}</td>
              <td className="number" title={whole(side.predictions)}>
                {short(side.predictions)}
              </td>
              <td className="number" style={{ whiteSpace: "nowrap" }}>
                {percent(side.coverage)}
                {side.labelled && !side.is_mature ? (
                  <Text size="xs" c="dimmed">
                    labels still come
                  </Text>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const LOOKS = {
  better: ["healthy", "var(--healthy)", "B is better"],
  worse: ["high", "var(--high)", "B is worse"],
  different: ["low", "var(--low)", "different"],
  unclear: ["unknown", "var(--unknown)", "not clear"],
} as const;

function Figures({ metrics }: { metrics: Difference[] }) {
  if (!metrics.length)
    return (
      <Panel title="Figures">
        <Empty title="No label tells how good both sides are">
          Take longer times, or sides of which labels have come. Below stands how their rows differ.
        </Empty>
      </Panel>
    );
  return (
    <Panel title="Figures" about="With intervals of 95 %; the difference is B less A" flush>
      <div className="scroll">
        <table className="rows">
          <thead>
            <tr>
              <th>Figure</th>
              <th>Verdict</th>
              <th className="number">A</th>
              <th className="number">B</th>
              <th className="number">Difference</th>
              <th>Where it lies</th>
            </tr>
          </thead>
          <tbody>
            {metrics.map((each) => (
              <FigureRow key={each.name} difference={each} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function FigureRow({ difference: each }: { difference: Difference }) {
  const [look, colour, word] = LOOKS[each.verdict];
  const most =
    1.1 * Math.max(Math.abs(each.low ?? each.difference), Math.abs(each.high ?? each.difference));
  const between = each.low === null ? "" : `${digits(each.low)} to ${digits(each.high)}`;
  return (
    <tr>
      <td style={{ minWidth: 130 }}>{named(each.name)}</td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Group gap={6} wrap="nowrap">
          <Status is={look} size={14} />
          {word}
        </Group>
      </td>
      {[each.a, each.b].map((figure, place) => (
        <td key={place === 0 ? "a" : "b"} className="number" style={{ whiteSpace: "nowrap" }}>
          {digits(figure.value, 4)}
          <Text size="xs" c="dimmed">
            {figure.low === null ? "" : `${digits(figure.low)} – ${digits(figure.high)}`}
          </Text>
        </td>
      ))}
      <td className="number" style={{ whiteSpace: "nowrap" }}>
        {each.difference > 0 ? "+" : ""}
        {digits(each.difference)}
        <Text size="xs" c="dimmed">
          {between}
        </Text>
      </td>
      <td>
        <Interval
          value={each.difference}
          low={each.low}
          high={each.high}
          limit={0}
          from={-most}
          to={most}
          colour={colour}
          label={`${digits(each.difference)}${between ? `, between ${between}` : ""}`}
        />
      </td>
    </tr>
  );
}

const MOST = 30;

/** How the rows of both sides differ, whether labels have come or not. */
function Columns({ found }: { found: Comparison }) {
  const { drift } = found;
  const all = Object.entries(drift?.feature_drifts ?? {}).sort(
    ([, a], [, b]) =>
      Number(b.overall_drift) - Number(a.overall_drift) || b.drift_score - a.drift_score,
  );
  if (!drift || !all.length)
    return (
      <Panel title="Rows">
        <Empty title="One side has no rows">So nothing can be said of how they differ.</Empty>
      </Panel>
    );
  return (
    <Panel
      title="Rows"
      about={`${drift.drifted_features_count} of ${all.length} columns of B are not as those of A`}
      flush
    >
      <div className="scroll">
        <table className="rows">
          <thead>
            <tr>
              <th>Column</th>
              <th className="number">PSI</th>
              <th className="number">Jensen–Shannon</th>
              <th className="number" title="In standard deviations of A">
                Mean, in deviations
              </th>
              <th>What is otherwise</th>
            </tr>
          </thead>
          <tbody>
            {all.slice(0, MOST).map(([name, each]) => (
              <tr key={name}>
                <td style={{ minWidth: 170 }}>
                  <Group gap={8} wrap="nowrap">
                    <Status is={each.overall_drift ? "medium" : "healthy"} size={14} />
                    <AnchorLink
                      to="/models/$modelId/drift"
                      params={{ modelId: found.model_id }}
                      search={(old: object) => ({ ...old, feature: name, sides: true })}
                      size="sm"
                      style={{ overflowWrap: "anywhere" }}
                    >
                      {column(name)}
                    </AnchorLink>
                  </Group>
                </td>
                <td className="number">{digits(each.psi.value)}</td>
                <td className="number">{digits(each.js_distance)}</td>
                <td className="number" style={{ whiteSpace: "nowrap" }}>
                  {each.mean_change === null
                    ? "–"
                    : `${each.mean_change > 0 ? "+" : ""}${digits(each.mean_change)}`}
                </td>
                <td style={{ minWidth: 300 }}>{each.what ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {all.length > MOST ? (
        <Text size="xs" c="dimmed" px="md" py={8}>
          The {MOST} that differ most, of {all.length}.
        </Text>
      ) : null}
    </Panel>
  );
}
