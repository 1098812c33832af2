/** What somebody writes about a model, and what of it is a change. */
import type { Model, ModelChange } from "../../api/settings";

export const TASKS = [
  "binary",
  "multiclass",
  "multilabel",
  "regression",
  "outputs",
  "ranking",
] as const;

export interface Draft {
  owner: string;
  description: string;
  task: (typeof TASKS)[number] | null;
  tags: string[];
  hot_days: number | null;
  cold_days: number | null;
}

export const draftOf = (model: Model): Draft => ({
  owner: model.owner,
  description: model.description,
  task: model.task as Draft["task"],
  tags: Object.entries(model.tags).map(([name, value]) => `${name}=${value}`),
  hot_days: model.hot_days,
  cold_days: model.cold_days,
});

/** What is no pair of a name and a value is no tag. */
export function tagsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.flatMap((each) => {
      const place = each.indexOf("=");
      return place > 0 ? [[each.slice(0, place).trim(), each.slice(place + 1).trim()]] : [];
    }),
  );
}

/** Only what is otherwise than before. */
export function changeOf(model: Model, draft: Draft): ModelChange {
  const before = draftOf(model);
  const change: ModelChange = {};
  if (draft.owner !== before.owner) change.owner = draft.owner;
  if (draft.description !== before.description) change.description = draft.description;
  if (draft.task !== before.task) change.task = draft.task;
  if (draft.hot_days !== before.hot_days) change.hot_days = draft.hot_days;
  if (draft.cold_days !== before.cold_days) change.cold_days = draft.cold_days;
  const tags = tagsOf(draft.tags);
  if (JSON.stringify(tags) !== JSON.stringify(model.tags)) change.tags = tags;
  return change;
}
