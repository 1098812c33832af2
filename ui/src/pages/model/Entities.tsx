import { Button, Group, Loader, Select, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch, IconTable } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import type { Shown } from "../../api/client";
import { Problem } from "../../api/client";
import { useGroups } from "../../api/groups";
import { type Part, useHead } from "../../api/model";
import { AnchorLink } from "../../components/AnchorLink";
import { Empty } from "../../components/Empty";
import { digits, named, short, whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Scroll } from "../../components/Scroll";
import { useChange, useModelSearch, useSpanName } from "./part";

const ENTITY = "entity_id";
const COLUMNS = [ENTITY, "model_version", "variant", "experiment_id", "environment"];
const PAUSE_MS = 400;

/** A figure for each entity, or by another column that nobody had to declare. */
export function Entities({ part, metric }: { part: Part; metric: string }) {
  const { by } = useModelSearch();
  const set = useChange();
  const { segments } = useHead(part.modelId);
  const [words, setWords] = useState("");
  const [search] = useDebouncedValue(words, PAUSE_MS);
  const columns = [...new Set([...COLUMNS, ...segments.map((each) => each.column), by ?? ENTITY])];
  return (
    <Panel
      title="By entity"
      about={`${named(metric)}, the surely worst first`}
      actions={
        by ? null : (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconTable size={14} />}
            onClick={() => set({ by: ENTITY })}
          >
            Read the rows
          </Button>
        )
      }
      flush
    >
      {by ? (
        <>
          <Group gap="sm" px="md" pb="sm">
            <Select
              aria-label="Column"
              data={columns}
              value={by}
              onChange={(value) => set({ by: value ?? undefined })}
              searchable
              allowDeselect={false}
              size="xs"
              w={200}
            />
            <TextInput
              aria-label="Find a value"
              placeholder="Find a value"
              leftSection={<IconSearch size={15} />}
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
              size="xs"
              w={200}
            />
          </Group>
          <Found part={part} by={by} metric={metric} search={search} />
        </>
      ) : (
        <Empty title="It takes some seconds">
          Each shop, machine or person that the model is run for, with its own figure.
        </Empty>
      )}
    </Panel>
  );
}

interface Props {
  part: Part;
  by: string;
  metric: string;
  search: string;
}

function Found({ part, by, metric, search }: Props) {
  const span = useSpanName();
  const found = useGroups(part, { by, metric, search, span });
  if (found.error)
    return (
      <Empty title="There is no such table">
        {found.error instanceof Problem ? found.error.message : String(found.error)}
      </Empty>
    );
  const [first] = found.data?.pages ?? [];
  if (!first)
    return (
      <Empty title="Reading the rows">
        <Loader size="sm" type="dots" aria-label="Loading" role="status" />
      </Empty>
    );
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (!items.length)
    return (
      <Empty title={search ? "No value holds this" : "No label has come of this time"}>
        {search ? "Values without a label are not found." : null}
      </Empty>
    );
  return (
    <>
      <Scroll name={`By ${by}`} height={480}>
        <table className="rows">
          <thead>
            <tr>
              <th>{by}</th>
              <th className="number">{named(metric)}</th>
              <th className="number">Between</th>
              <th className="number">Labels</th>
              <th className="number">Predictions</th>
            </tr>
          </thead>
          <tbody>
            {items.map((each) => (
              <Row key={each.value} of={each} by={by} metric={metric} fewest={first.fewest} />
            ))}
          </tbody>
        </table>
      </Scroll>
      <Group gap="sm" px="md" py={8} justify="space-between">
        <Text size="xs" c="dimmed">
          {items.length.toLocaleString("en")} of {first.groups.toLocaleString("en")}; of fewer than{" "}
          {first.fewest} labels none is ranked.
          {first.left_out
            ? ` ${first.left_out.toLocaleString("en")} of fewer labels are left out: search finds them.`
            : ""}
          {first.looked_at < first.labelled
            ? ` A sample of ${short(first.looked_at)} of ${short(first.labelled)} labels was read.`
            : ""}
        </Text>
        {found.hasNextPage ? (
          <Button
            size="compact-xs"
            variant="default"
            loading={found.isFetchingNextPage}
            onClick={() => found.fetchNextPage()}
          >
            More
          </Button>
        ) : null}
      </Group>
    </>
  );
}

interface RowProps {
  of: Shown["MeasuredGroup"];
  by: string;
  metric: string;
  fewest: number;
}

function Row({ of, by, metric, fewest }: RowProps) {
  const figure = of.metrics[metric];
  const { modelId } = useParams({ from: "/models/$modelId" });
  return (
    <tr style={of.is_ranked ? undefined : { color: "var(--faint)" }}>
      <td style={{ minWidth: 140, overflowWrap: "anywhere" }}>
        {of.value && !by.includes(" & ") ? (
          <AnchorLink
            to="/models/$modelId/records"
            params={{ modelId }}
            search={(old: object) => ({ ...old, where: [`${by}=${of.value}`] })}
            size="sm"
          >
            {of.value}
          </AnchorLink>
        ) : (
          of.value || "(none)"
        )}
        {of.is_ranked ? "" : ` (fewer than ${fewest} labels)`}
      </td>
      <td className="number">{digits(figure?.value, 4)}</td>
      <td className="number" style={{ color: "var(--faint)", whiteSpace: "nowrap" }}>
        {figure?.low == null ? "–" : `${digits(figure.low)} – ${digits(figure.high)}`}
      </td>
      <td className="number" title={whole(of.labelled)}>
        {short(of.labelled)}
      </td>
      <td className="number" title={whole(of.predictions)}>
        {short(of.predictions)}
      </td>
    </tr>
  );
}
