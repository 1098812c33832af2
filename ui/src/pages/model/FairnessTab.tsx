import { Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { type Attribute, type Criterion, useFairness } from "../../api/fairness";
import { useModel } from "../../api/model";
import { Chart } from "../../charts/Chart";
import { groups as drawn } from "../../charts/groups";
import { Interval } from "../../charts/Interval";
import { Empty } from "../../components/Empty";
import { digits, named, percent, short, whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Status } from "../../components/Status";
import { FairnessSetup } from "./FairnessSetup";
import { held, isRatio, RATES, type Rate, ratesOf, sentence, titleOf, VERDICTS } from "./fairness";
import { useChange, useModelSearch, usePart } from "./part";

/** Whether groups are treated alike, by several criteria, as far as that is sure. */
export function FairnessTab() {
  const { modelId } = usePart();
  const model = useModel(modelId);
  const isTold =
    model.task === "regression" ||
    (model.positive_label !== null && model.positive_is_favourable !== null);
  return isTold && model.segments.length ? <Found /> : <FairnessSetup modelId={modelId} />;
}

function Found() {
  const part = usePart();
  const { estimated } = useModelSearch();
  const set = useChange();
  const found = useFairness(part, estimated ?? false);
  return (
    <Stack gap="md">
      <Group gap="lg">
        <SegmentedControl
          aria-label="What is held to be right"
          size="xs"
          data={[
            { value: "", label: "By labels" },
            { value: "estimated", label: "Estimated, before labels" },
          ]}
          value={estimated ? "estimated" : ""}
          onChange={(value) => set({ estimated: value ? true : undefined })}
        />
        <Text size="sm" c="dimmed">
          {found.positive_label === null
            ? ""
            : `“${found.positive_label}” is the positive class${
                found.positive_is_favourable === null
                  ? ""
                  : found.positive_is_favourable
                    ? ", and what people hope for"
                    : ", and what people fear"
              }. `}
          {estimated
            ? "What is right is what is expected to be: too kind to a group whose truth follows its inputs otherwise."
            : ""}
        </Text>
      </Group>
      {found.attributes.map((each) => (
        <OneAttribute key={each.protected_attribute} attribute={each} />
      ))}
      <FairnessSetup modelId={part.modelId} isKnown />
    </Stack>
  );
}

function OneAttribute({ attribute }: { attribute: Attribute }) {
  const groups = attribute.group_metrics;
  const rates = ratesOf(groups);
  const { metric } = useModelSearch();
  const set = useChange();
  const rate = rates.find((each) => each === metric) ?? rates[0];
  const verdict = VERDICTS[attribute.verdict];
  return (
    <section aria-label={attribute.protected_attribute}>
      <Stack gap="md">
        <Panel>
          <Group gap={10} wrap="nowrap" align="flex-start">
            <span style={{ paddingTop: 3 }}>
              <Status is={verdict.look} size={18} />
            </span>
            <Text fw={550} style={{ overflowWrap: "anywhere" }}>
              {sentence(attribute, named)}
            </Text>
          </Group>
        </Panel>
        <Panel
          title={`Criteria for ${attribute.protected_attribute}`}
          about="A verdict is given only where the interval lies wholly on one side of the limit"
          flush
        >
          <Criteria criteria={attribute.criteria} />
        </Panel>
        {rate ? (
          <div>
            <Select
              aria-label="Rate"
              data={rates.map((each) => ({ value: each, label: titleOf(each, named) }))}
              value={rate}
              onChange={(value) => set({ metric: value ?? undefined })}
              allowDeselect={false}
              size="xs"
              w={240}
              mb={8}
            />
            <Chart
              draw={drawn}
              of={[
                titleOf(rate, named),
                `by ${attribute.protected_attribute}, with the 95 % interval`,
                groups.flatMap((each) => {
                  const told = each[rate];
                  return told ? { group: each.group || "(none told)", ...told } : [];
                }),
                isShare(rate) ? percent : digits,
              ]}
            />
          </div>
        ) : null}
        <Panel title="Groups" about={`${groups.length} of ${attribute.protected_attribute}`} flush>
          <GroupTable groups={groups} rates={rates} />
        </Panel>
      </Stack>
    </section>
  );
}

function Criteria({ criteria }: { criteria: Criterion[] }) {
  if (!criteria.length)
    return (
      <Empty title="Nothing can be held against each other">
        Two groups with enough rows are needed, and labels for most criteria.
      </Empty>
    );
  return (
    <div className="scroll">
      <table className="rows">
        <thead>
          <tr>
            <th>Criterion</th>
            <th>Verdict</th>
            <th className="number">Value</th>
            <th className="number">Between</th>
            <th>Where it lies</th>
            <th className="number">Limit</th>
            <th>Furthest apart</th>
          </tr>
        </thead>
        <tbody>
          {criteria.map((each) => (
            <CriterionRow key={each.name} criterion={each} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CriterionRow({ criterion: each }: { criterion: Criterion }) {
  const verdict = VERDICTS[each.verdict];
  const most = Math.max(each.threshold * 2, (each.high ?? each.value ?? 0) * 1.05);
  const between = each.low === null ? "–" : `${digits(each.low)} – ${digits(each.high)}`;
  return (
    <tr>
      <td style={{ minWidth: 180 }}>
        <Text size="sm" fw={550}>
          {named(each.name)}
        </Text>
        <Text size="xs" c="dimmed">
          {held(each.name)}
        </Text>
      </td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Group gap={6} wrap="nowrap">
          <Status is={verdict.look} size={14} />
          {verdict.word}
        </Group>
      </td>
      <td className="number">{digits(each.value)}</td>
      <td className="number" style={{ whiteSpace: "nowrap", color: "var(--faint)" }}>
        {between}
      </td>
      <td>
        <Interval
          value={each.value}
          low={each.low}
          high={each.high}
          limit={each.threshold}
          from={0}
          to={isRatio(each) ? 1 : most}
          colour={verdict.colour}
          label={`${digits(each.value)}, between ${between}, limit ${digits(each.threshold)}`}
        />
      </td>
      <td className="number" style={{ whiteSpace: "nowrap" }}>
        {isRatio(each) ? "at least " : "at most "}
        {digits(each.threshold)}
      </td>
      <td style={{ minWidth: 130 }}>
        {each.groups.join(" and ") || "–"}
        {each.left_out.length ? (
          <Text size="xs" c="dimmed">
            too few rows: {each.left_out.join(", ")}
          </Text>
        ) : null}
      </td>
    </tr>
  );
}

function GroupTable({ groups, rates }: { groups: Attribute["group_metrics"]; rates: Rate[] }) {
  return (
    <div className="scroll">
      <table className="rows">
        <thead>
          <tr>
            <th>Group</th>
            <th className="number">Predictions</th>
            <th className="number">Labels</th>
            {rates.map((rate) => (
              <th key={rate} className="number">
                {titleOf(rate, named)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((each) => (
            <tr key={each.group}>
              <td>{each.group || "(none told)"}</td>
              <td className="number" title={whole(each.sample_count)}>
                {short(each.sample_count)}
              </td>
              <td className="number" title={whole(each.labelled)}>
                {short(each.labelled)}
              </td>
              {rates.map((rate) => {
                const told = each[rate];
                const say = isShare(rate) ? percent : digits;
                return (
                  <td key={rate} className="number" style={{ whiteSpace: "nowrap" }}>
                    {say(told?.value)}
                    <Text size="xs" c="dimmed">
                      {told?.low == null ? "" : `${say(told.low)} – ${say(told.high)}`}
                    </Text>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const NO_SHARE: readonly Rate[] = ["calibration", "mean_absolute_error", "mean_error"];
const isShare = (rate: Rate): boolean => RATES.includes(rate) && !NO_SHARE.includes(rate);
