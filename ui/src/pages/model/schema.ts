/** What somebody changes in a schema, kept beside it until it is saved. */
import type { Schema, SchemaWanted } from "../../api/references";

export type Column = Schema["columns"][number];
export type ColumnEdit = Partial<Pick<Column, "kind" | "role">>;

export interface Edits {
  /** The revision that they were begun at. */
  seen: number;
  columns: Record<string, ColumnEdit>;
  segments: string[] | null;
}

/** One more edit; one that changes nothing is none. */
export function edited(edits: Edits, column: Column, edit: ColumnEdit): Edits {
  const whole = { ...edits.columns[column.name], ...edit };
  const kept = Object.fromEntries(
    Object.entries(whole).filter(([what, value]) => column[what as keyof ColumnEdit] !== value),
  );
  const { [column.name]: _before, ...others } = edits.columns;
  const columns = Object.keys(kept).length ? { ...others, [column.name]: kept } : others;
  return { ...edits, columns };
}

export const countOf = (edits: Edits): number =>
  Object.keys(edits.columns).length + (edits.segments ? 1 : 0);

export const wantedOf = (edits: Edits, why: string): SchemaWanted => ({
  columns: edits.columns,
  why,
  ...(edits.segments ? { segments: edits.segments } : {}),
});
