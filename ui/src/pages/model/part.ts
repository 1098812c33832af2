import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useDeferredValue } from "react";
import type { Part } from "../../api/model";
import { type ModelSearch, RANGES, type RangeName } from "../../search";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
export const USUAL: RangeName = "7d";

/** Which part of the model the address names; by the minute, so that it is asked once. */
export function usePart(): Part {
  const { modelId } = useParams({ from: "/models/$modelId" });
  const { range, from, to, version, segment } = useSearch({ from: "/models/$modelId" });
  // Deferred: what is shown stays until what the next minute brings is there.
  const now = useDeferredValue(Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS);
  const end = to ? Date.parse(to) : now;
  const start = from ? Date.parse(from) : end - RANGES[range ?? USUAL] * DAY_MS;
  return {
    modelId,
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    version,
    segment,
  };
}

/** The time as the address names it: unlike its moments, that stands still. */
export function useSpanName(): string {
  const { range, from, to } = useModelSearch();
  return [range, from, to].join(" ");
}

export const useModelSearch = (): ModelSearch => useSearch({ from: "/models/$modelId" });

/** Change what the view is, in its address; the page stays where it is. */
export function useChange(): (change: ModelSearch) => void {
  const go = useNavigate();
  return useCallback(
    (change) =>
      void go({
        to: ".",
        search: (old: ModelSearch) => ({ ...old, ...change }),
        replace: true,
        resetScroll: false,
      }),
    [go],
  );
}

export const daysOf = (part: Part): number =>
  (Date.parse(part.end) - Date.parse(part.start)) / DAY_MS;

/** Steps that give a picture some dozens of points. */
export function stepOf(part: Part): number {
  const days = daysOf(part);
  if (days <= 0.3) return 300;
  return days <= 8 ? 3_600 : 86_400;
}

/** Labels are few beside predictions: an hour's say little for themselves. */
export const labelledStepOf = (part: Part): number => (daysOf(part) <= 2 ? 3_600 : 86_400);
