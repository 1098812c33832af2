import { NativeSelect, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useState } from "react";
import { Problem } from "../../api/client";
import { type FeatureProfile, useProfiles } from "../../api/model";
import { useSchema, useSchemaEdit } from "../../api/references";
import { useMay } from "../../api/session";
import { short } from "../../charts/heat";
import { Empty } from "../../components/Empty";
import { digits, named, percent } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { SaveBar } from "../../components/SaveBar";
import { usePart } from "./part";
import { type Column, countOf, type Edits, edited, wantedOf } from "./schema";

const KINDS = ["numeric", "category", "boolean", "datetime", "text", "embedding", "empty"] as const;
const ROLES = ["feature", "prediction", "target", "time", "weight", "id", "ignore"] as const;
const SHOWN = 60;

/** What each column is taken for, to be corrected; and which segments are watched. */
export function SchemaPanel() {
  const part = usePart();
  const schema = useSchema(part.modelId);
  const may = useMay("write");
  const [words, setWords] = useState("");
  const [why, setWhy] = useState("");
  const [edits, setEdits] = useState<Edits | null>(null);
  const { mutate, isPending, error, reset } = useSchemaEdit(part.modelId);
  const fitting = schema.columns.filter((each) =>
    each.name.toLowerCase().includes(words.toLowerCase()),
  );
  const columns = fitting.slice(0, SHOWN);
  const profiles = useProfiles(
    part,
    schema.number,
    columns.map((each) => each.name),
  );
  const begun = edits ?? { seen: schema.revision, columns: {}, segments: null };
  const forget = () => {
    setEdits(null);
    setWhy("");
    reset();
  };
  const save = () =>
    mutate({ wanted: wantedOf(begun, why), revision: begun.seen }, { onSuccess: forget });
  if (!schema.columns.length)
    return (
      <Panel title="Schema">
        <Empty title="There are no columns yet">
          They are found in the first predictions, or in the file of a reference.
        </Empty>
      </Panel>
    );
  return (
    <Panel
      title="Schema"
      about={`${schema.columns.length} columns, version ${schema.number}${schema.why ? `: ${schema.why}` : ""}`}
      flush
    >
      <Stack gap="sm" px="md" pb="sm">
        <TagsInput
          label="Segments"
          description="Columns whose values are each watched by themselves; a tag as tags.region, or several together: tags.gender & tags.age"
          value={begun.segments ?? [...schema.segments]}
          onChange={(segments) => setEdits({ ...begun, segments })}
          data={schema.columns
            .filter((each) => each.kind === "category" || each.kind === "boolean")
            .map((each) => each.name)}
          maxTags={20}
          readOnly={!may}
          size="xs"
          maw={720}
        />
        <TextInput
          aria-label="Filter columns"
          placeholder={`Filter ${schema.columns.length} columns`}
          leftSection={<IconFilter size={15} />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          size="xs"
          maw={260}
        />
      </Stack>
      <div className="scroll">
        <table className="rows">
          <thead>
            <tr>
              <th>Column</th>
              <th>Kind</th>
              <th>Role</th>
              <th>In the reference</th>
              <th className="number">Missing</th>
              <th>Taken for that by</th>
            </tr>
          </thead>
          <tbody>
            {columns.map((each) => (
              <Row
                key={each.name}
                column={each}
                edit={begun.columns[each.name] ?? {}}
                profile={profiles.get(each.name)}
                onEdit={may ? (edit) => setEdits(edited(begun, each, edit)) : undefined}
              />
            ))}
          </tbody>
        </table>
      </div>
      {fitting.length > SHOWN ? (
        <Text size="xs" c="dimmed" px="md" py={8}>
          The first {SHOWN} of {fitting.length}. Filter to see others.
        </Text>
      ) : null}
      <SaveBar
        count={countOf(begun)}
        isPending={isPending}
        error={error}
        isStale={error instanceof Problem && error.status === 412}
        onGoOn={() => {
          setEdits({ ...begun, seen: schema.revision });
          reset();
        }}
        onSave={save}
        onForget={forget}
      >
        <TextInput
          aria-label="Why"
          placeholder="Why, for whoever asks later"
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
          maxLength={1000}
          size="xs"
          style={{ flex: "1 1 160px" }}
        />
      </SaveBar>
    </Panel>
  );
}

interface RowProps {
  column: Column;
  edit: { kind?: Column["kind"]; role?: Column["role"] };
  profile: FeatureProfile | undefined;
  onEdit: ((edit: RowProps["edit"]) => void) | undefined;
}

function Row({ column, edit, profile, onEdit }: RowProps) {
  const name = short(column.name);
  return (
    <tr data-at={Object.keys(edit).length > 0}>
      <td style={{ minWidth: 160, maxWidth: 320, overflowWrap: "anywhere" }}>{name}</td>
      <td style={{ minWidth: 130 }}>
        {onEdit ? (
          <NativeSelect
            aria-label={`Kind of ${name}`}
            size="xs"
            data={KINDS.map((each) => ({ value: each, label: named(each) }))}
            value={edit.kind ?? column.kind}
            onChange={(event) => onEdit({ kind: event.currentTarget.value as Column["kind"] })}
          />
        ) : (
          named(column.kind)
        )}
      </td>
      <td style={{ minWidth: 130 }}>
        {onEdit ? (
          <NativeSelect
            aria-label={`Role of ${name}`}
            size="xs"
            data={ROLES.map((each) => ({ value: each, label: named(each) }))}
            value={edit.role ?? column.role}
            onChange={(event) => onEdit({ role: event.currentTarget.value as Column["role"] })}
          />
        ) : (
          named(column.role)
        )}
      </td>
      <td style={{ minWidth: 150, maxWidth: 260, overflowWrap: "anywhere" }}>
        {inReference(profile)}
      </td>
      <td className="number">{percent(profile?.reference.missing_share)}</td>
      <td style={{ color: "var(--faint)", minWidth: 110 }}>{column.why || "its values"}</td>
    </tr>
  );
}

function inReference(profile: FeatureProfile | undefined): string {
  const told = profile?.reference;
  if (!told) return "–";
  if (told.min !== null) return `${digits(told.min)} to ${digits(told.max)}`;
  if (told.most_common !== null)
    return `mostly ${told.most_common || "(empty)"}, ${percent(told.most_common_share)}`;
  return "–";
}
