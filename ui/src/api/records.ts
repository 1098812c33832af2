import { keepPreviousData, useInfiniteQuery, useSuspenseQueries } from "@tanstack/react-query";
import { RECORD_KINDS, type RecordKind } from "../search";
import { client, told } from "./client";
import type { Part } from "./model";

/** A record as it was logged. */
export type Logged = Record<string, unknown>;

/** A column and the value that it has to have. */
export type Condition = readonly [column: string, value: string];

interface Asked {
  kind: RecordKind;
  conditions: readonly Condition[];
  /** The time as the address names it: unlike its moments, it stands still. */
  span: string;
}

const A_PAGE = 200;

/** The newest first, a page at a time; a row that comes meanwhile moves none. */
export function useRecords(part: Part, { kind, conditions, span }: Asked) {
  return useInfiniteQuery({
    queryKey: ["records", part.modelId, kind, part.version, conditions, span],
    queryFn: ({ pageParam }) =>
      told(
        client.GET("/api/v1/models/{model_id}/records", {
          params: {
            path: { model_id: part.modelId },
            query: {
              start_time: part.start,
              end_time: part.end,
              kind,
              limit: A_PAGE,
              ...(pageParam ? { cursor: pageParam } : {}),
              ...(part.version && kind === "predictions" ? { version: part.version } : {}),
              ...Object.fromEntries(conditions),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    throwOnError: true,
  });
}

/** All that was logged under an id, of each kind the newest first. */
export function usePrediction(modelId: string, id: string): Record<RecordKind, Logged[]> {
  return useSuspenseQueries({
    queries: RECORD_KINDS.map((kind) => ({
      queryKey: ["records", modelId, kind, "of", id],
      queryFn: () =>
        told(
          client.GET("/api/v1/models/{model_id}/records", {
            params: {
              path: { model_id: modelId },
              query: { kind, prediction_id: id, limit: 50 },
            },
          }),
        ),
    })),
    combine: (found) =>
      Object.fromEntries(
        RECORD_KINDS.map((kind, place) => [kind, found[place]?.data.records ?? []]),
      ) as Record<RecordKind, Logged[]>,
  });
}

/** Where all rows of a time are as a file. */
export function exportAddress(part: Part, kind: RecordKind, format: string): string {
  const asked = { model_id: part.modelId, kind, format };
  const span = { start_time: part.start, end_time: part.end };
  return `/api/v1/export?${new URLSearchParams({ ...asked, ...span })}`;
}
