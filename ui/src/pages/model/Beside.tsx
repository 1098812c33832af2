import { SegmentedControl, Stack, Text } from "@mantine/core";
import { type Part as Asked, type FeatureProfile, useProfile } from "../../api/model";
import { together } from "../../charts/bars";
import { Chart } from "../../charts/Chart";
import { distributions } from "../../charts/distributions";
import { Part } from "../../components/Fallback";
import { digits } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Scrubber } from "../../components/Scrubber";
import { partOf, wordsOf } from "../../components/side";
import { useChange, useModelSearch, usePart } from "./part";
import { Sides } from "./Sides";
import { useSides } from "./sides";

interface Props {
  feature: string;
  /** When the steps of the time begin, and how many seconds they have. */
  moments: readonly string[];
  step: number;
}

/** How a column is spread: now beside the reference, at any moment; or on any two sides. */
export function Beside({ feature, moments, step }: Props) {
  const { sides, at } = useModelSearch();
  const set = useChange();
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="What is held against what"
        size="xs"
        data={[
          { value: "", label: "Now and the reference" },
          { value: "sides", label: "Any two sides" },
        ]}
        value={sides ? "sides" : ""}
        onChange={(value) => set({ sides: value ? true : undefined, at: undefined })}
      />
      {sides ? (
        <Panel>
          <Sides />
        </Panel>
      ) : null}
      <Part height={280}>
        {sides ? <TwoSides feature={feature} /> : <Present feature={feature} step={step} />}
      </Part>
      {sides || moments.length < 2 ? null : (
        <Scrubber moments={moments} at={at} onMove={(told) => set({ at: told })} />
      )}
    </Stack>
  );
}

const whole = (
  found: { features: FeatureProfile[] } | undefined,
  feature: string,
): FeatureProfile | undefined =>
  found?.features.find((each) => each.name === feature && each.facet === "") ?? found?.features[0];

function Present({ feature, step }: { feature: string; step: number }) {
  const page = usePart();
  const { at } = useModelSearch();
  const part: Asked = at
    ? { ...page, start: at, end: new Date(Date.parse(at) + step * 1_000).toISOString() }
    : page;
  const found = useProfile(part, feature);
  const shown = whole(found, feature);
  if (!found || !shown) return null;
  return (
    <Stack gap={6}>
      <Chart draw={distributions} of={at ? [shown, THEN] : [shown]} />
      <Text size="xs" c="dimmed">
        Reference: {found.baseline?.name ?? "none"}, mean {digits(shown.reference.mean)}.{" "}
        {at ? "Then" : "Now"}: {found.rows.toLocaleString("en")} rows, mean{" "}
        {digits(shown.current.mean)}.
      </Text>
    </Stack>
  );
}

const THEN = ["the reference", "then"] as const;
const SIDES = ["A", "B"] as const;

function TwoSides({ feature }: { feature: string }) {
  const { page, a, b } = useSides();
  const foundA = useProfile(partOf(a, page), feature);
  const foundB = useProfile(partOf(b, page), feature);
  const shownA = whole(foundA, feature);
  const shownB = whole(foundB, feature);
  if (!foundA || !foundB || !shownA || !shownB) return null;
  return (
    <Stack gap={6}>
      <Chart draw={distributions} of={[together(shownA, shownB), SIDES]} />
      <Text size="xs" c="dimmed">
        A, {wordsOf(a)}: {foundA.rows.toLocaleString("en")} rows, mean {digits(shownA.current.mean)}
        . B, {wordsOf(b)}: {foundB.rows.toLocaleString("en")} rows, mean{" "}
        {digits(shownB.current.mean)}.
      </Text>
    </Stack>
  );
}
