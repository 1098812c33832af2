import { Button, Group, Menu, MultiSelect, Pill, SegmentedControl, Text } from "@mantine/core";
import { IconColumns3, IconDownload } from "@tabler/icons-react";
import { exportAddress, type Logged, useRecords } from "../../api/records";
import { useSchema } from "../../api/references";
import { saveCsv } from "../../charts/save";
import { Empty } from "../../components/Empty";
import { named } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { RECORD_KINDS, type RecordKind } from "../../search";
import { ConditionForm } from "./ConditionForm";
import { useChange, useModelSearch, usePart, useSpanName } from "./part";
import { RecordDrawer } from "./RecordDrawer";
import { RecordTable } from "./RecordTable";
import { at, conditions, inside, namesOf } from "./record";

const USUAL = 6;
const ABOUT_A_ROW = ["model_version", "entity_id", "status", "prediction_latency_ms"];
const SHOWN_ANYWAY = ["model_id", "prediction_id", "timestamp", "received_at"];

/** The rows themselves: found by what is in them, and each to be looked into. */
export function RecordsTab() {
  const part = usePart();
  const search = useModelSearch();
  const span = useSpanName();
  const set = useChange();
  const schema = useSchema(part.modelId);
  const kind = search.kind ?? "predictions";
  const where = search.where ?? [];
  const found = useRecords(part, {
    kind,
    conditions: kind === "predictions" ? [...inside(part.segment ?? ""), ...conditions(where)] : [],
    span,
  });
  const rows: Logged[] = found.data?.pages.flatMap((page) => page.records) ?? [];
  const known = [
    ...schema.columns.map((each) => each.name),
    ...new Set(rows.flatMap((row) => Object.keys(row.tags ?? {}).map((name) => `tags.${name}`))),
    ...ABOUT_A_ROW,
  ];
  const features = known.filter((name) => name.startsWith("features."));
  const columns =
    kind === "predictions"
      ? (search.columns ?? [
          ...ABOUT_A_ROW.filter((name) => rows.some((row) => name in row)),
          ...features.slice(0, USUAL),
        ])
      : namesOf(rows, SHOWN_ANYWAY);
  return (
    <>
      <Panel
        title="Records"
        about={kind === "predictions" ? "The newest first; click one to look into it" : ""}
        actions={
          <Save
            rows={() =>
              saveCsv(
                rows.map((row) => flat(row, columns)),
                `${part.modelId} ${kind}`,
              )
            }
            address={(format) => exportAddress(part, kind, format)}
          />
        }
        flush
      >
        <Group gap="sm" px="md" pb="sm" align="flex-end">
          <div className="scroll" style={{ maxWidth: "100%" }}>
            <SegmentedControl
              aria-label="Kind of record"
              size="xs"
              data={RECORD_KINDS.map((each) => ({ value: each, label: named(each) }))}
              value={kind}
              onChange={(value) => set({ kind: value as RecordKind })}
            />
          </div>
          {kind === "predictions" ? (
            <>
              <ConditionForm
                known={known}
                onAdd={(told) => set({ where: [...new Set([...where, told])] })}
                onIdFind={(id) => set({ id })}
              />
              <MultiSelect
                aria-label="Columns"
                placeholder={search.columns ? "" : "Columns"}
                leftSection={<IconColumns3 size={15} />}
                data={[...new Set([...known, ...(search.columns ?? [])])]}
                value={search.columns ?? []}
                onChange={(told) => set({ columns: told.length ? told : undefined })}
                searchable
                clearable
                limit={60}
                size="xs"
                w={{ base: "100%", xs: 260 }}
              />
            </>
          ) : null}
        </Group>
        {where.length && kind === "predictions" ? (
          <Group gap={6} px="md" pb="sm">
            {where.map((each) => (
              <Pill
                key={each}
                withRemoveButton
                removeButtonProps={{ "aria-label": `Without ${each}` }}
                onRemove={() => set({ where: where.filter((other) => other !== each) })}
                maw="100%"
              >
                {each}
              </Pill>
            ))}
          </Group>
        ) : null}
        {rows.length ? (
          <RecordTable
            rows={rows}
            columns={columns}
            kind={kind}
            isMore={found.hasNextPage}
            onEnd={() => !found.isFetching && found.fetchNextPage()}
            onPick={(id) => set({ id })}
            picked={search.id}
          />
        ) : found.isFetching ? (
          <div role="status" aria-label="Loading" style={{ height: 240 }} />
        ) : (
          <Empty title={where.length ? "No row fits" : `There are no ${kind} of this time`}>
            {where.length
              ? "Take a condition away, or look at a longer time."
              : "Look at a longer time, at the top right."}
          </Empty>
        )}
        {rows.length ? (
          <Text size="xs" c="dimmed" px="md" py={8}>
            {rows.length.toLocaleString("en")} rows
            {found.hasNextPage ? ", and older ones below" : ""}
          </Text>
        ) : null}
      </Panel>
      <RecordDrawer modelId={part.modelId} id={search.id} onClose={() => set({ id: undefined })} />
    </>
  );
}

const flat = (row: Logged, columns: readonly string[]): Logged => ({
  timestamp: row.timestamp,
  prediction_id: row.prediction_id,
  ...Object.fromEntries(columns.map((name) => [name, at(row, name)])),
});

const FORMATS = [
  ["csv", "CSV"],
  ["parquet", "Parquet"],
  ["json", "JSON lines"],
] as const;

function Save({ rows, address }: { rows: () => void; address: (format: string) => string }) {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="compact-xs" variant="default" leftSection={<IconDownload size={14} />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={rows}>The rows below (CSV)</Menu.Item>
        <Menu.Divider />
        <Menu.Label>All rows of this time</Menu.Label>
        {FORMATS.map(([format, name]) => (
          <Menu.Item key={format} component="a" href={address(format)} download>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
