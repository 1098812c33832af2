import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import type { Shown } from "../../api/client";
import { type Part, useErrors } from "../../api/model";
import { Chart } from "../../charts/Chart";
import { spread } from "../../charts/spread";
import { Empty } from "../../components/Empty";
import { digits, percent, short, whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { useChange, useModelSearch } from "./part";

type Side = Shown["SpreadShown"];

const BESIDE = { reference: "the reference", before: "the time before" } as const;

/** How the errors of a model of numbers are spread, each output by itself. */
export function Errors({ part }: { part: Part }) {
  const { errors = "reference" } = useModelSearch();
  const set = useChange();
  const found = useErrors(part, errors);
  if (!found) return null;
  const beside = BESIDE[found.against];
  return (
    <Stack gap="md">
      {found.outputs.map((each) => (
        <Stack key={each.output} gap={6}>
          <Chart draw={spread} of={[each, beside]} />
          <Panel flush>
            <Quantiles now={each.now} other={each.other} beside={beside} />
          </Panel>
        </Stack>
      ))}
      {found.outputs.length ? null : (
        <Panel title="Errors">
          <Empty title="No label tells an error of this time" />
        </Panel>
      )}
      <Group gap="sm">
        <SegmentedControl
          aria-label="What errors are held against"
          size="xs"
          data={[
            { value: "reference", label: "The reference" },
            { value: "before", label: "The time before" },
          ]}
          value={errors}
          onChange={(value) => set({ errors: value === "before" ? "before" : undefined })}
        />
        {!found.outputs.length || found.outputs.some((each) => each.other) ? null : (
          <Text size="xs" c="dimmed">
            No label is known of {beside}.
          </Text>
        )}
      </Group>
    </Stack>
  );
}

const LEVELS = ["p5", "p25", "median", "p75", "p95"];

function Quantiles({ now, other, beside }: { now: Side; other: Side | null; beside: string }) {
  const sides = other ? [now, other] : [now];
  return (
    <>
      <table className="rows">
        <thead>
          <tr>
            <th>Errors</th>
            <th className="number">Now</th>
            {other ? <th className="number">{beside.replace("the", "The")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {LEVELS.map((name) => (
            <Row key={name} name={name} figures={sides.map((each) => each.quantiles[name])} />
          ))}
          <Row name="bias, the mean" figures={sides.map((each) => each.bias)} />
          <tr>
            <td>labels</td>
            {sides.map((each, place) => (
              <td key={place === 0 ? "now" : "other"} className="number" title={whole(each.n)}>
                {short(each.n)}
              </td>
            ))}
          </tr>
        </tbody>
      </table>
      <Text size="xs" c="dimmed" px="md" py={8}>
        {now.is_enough ? "" : "So few labels do not tell where the tails are. "}
        {percent(now.below / now.n)} lie further left than is drawn, {percent(now.above / now.n)}{" "}
        further right.
      </Text>
    </>
  );
}

type Figure = Shown["FigureShown"];

const between = ({ low, high }: Figure): string | undefined =>
  low === null || high === null ? undefined : `95 %: ${digits(low)} to ${digits(high)}`;

function Row({ name, figures }: { name: string; figures: (Figure | null | undefined)[] }) {
  return (
    <tr>
      <td>{name}</td>
      {figures.map((each, place) => (
        <td
          key={place === 0 ? "now" : "other"}
          className="number"
          title={each ? between(each) : undefined}
        >
          {digits(each?.value)}
        </td>
      ))}
    </tr>
  );
}
