import {
  keepPreviousData,
  queryOptions,
  useQuery,
  useSuspenseQueries,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { client, Problem, type Shown, told } from "./client";

/** Which part of a model a page is of; nothing said is all of it. */
export interface Part {
  modelId: string;
  start: string;
  end: string;
  version?: string | undefined;
  segment?: string | undefined;
}

export type Performance = Shown["PerformanceShown"];
export type Drift = Shown["DriftShown"];
export type FeatureProfile = NonNullable<ReturnType<typeof useProfile>>["features"][number];

const of = (part: Part) => ({
  start_time: part.start,
  end_time: part.end,
  ...(part.version ? { version: part.version } : {}),
  ...(part.segment ? { segment: part.segment } : {}),
});

const path = (part: { modelId: string }) => ({ model_id: part.modelId });

/** Where a file comes from that says what happened in this time. */
export const reportOf = ({ modelId, start, end }: Part): string =>
  `/api/v1/models/${encodeURIComponent(modelId)}/report?${new URLSearchParams({
    format: "html",
    start_time: start,
    end_time: end,
  })}`;

const modelQuery = (modelId: string) =>
  queryOptions({
    queryKey: ["model", modelId],
    queryFn: () =>
      told(client.GET("/api/v1/models/{model_id}", { params: { path: { model_id: modelId } } })),
  });

/** Whether there is no such model, as far as is known. */
export function useIsGone(modelId: string): boolean {
  const { error } = useQuery(modelQuery(modelId));
  return error instanceof Problem && error.status === 404;
}

export const useModel = (modelId: string) => useSuspenseQuery(modelQuery(modelId)).data;

export const useStatus = (modelId: string) =>
  useSuspenseQuery({
    queryKey: ["model", modelId, "status"],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/status", { params: { path: { model_id: modelId } } }),
      ),
    refetchInterval: 30_000,
  }).data;

/** What all pages of a model say of it, asked for at once. */
export function useHead(modelId: string) {
  const params = { path: { model_id: modelId } };
  const [model, versions, segments] = useSuspenseQueries({
    queries: [
      modelQuery(modelId),
      queryOptions({
        queryKey: ["model", modelId, "versions"],
        queryFn: () => told(client.GET("/api/v1/models/{model_id}/versions", { params })),
      }),
      queryOptions({
        queryKey: ["model", modelId, "segments"],
        queryFn: () => told(client.GET("/api/v1/models/{model_id}/segments", { params })),
      }),
    ],
  });
  return { model: model.data, versions: versions.data, segments: segments.data };
}

export const useDiagnosis = (part: Part) =>
  useSuspenseQuery({
    queryKey: ["model", part.modelId, "diagnosis", part],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/diagnosis", {
          params: { path: path(part), query: { start_time: part.start, end_time: part.end } },
        }),
      ),
  }).data;

export const useSummary = (part: Part) =>
  useSuspenseQuery({
    queryKey: ["model", part.modelId, "drift summary", part],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/drift/overall", {
          params: { path: path(part), query: of(part) },
        }),
      ),
  }).data;

/** Of the columns that moved most; of ten thousand, all would be hundreds of megabytes. */
export const useDrift = (part: Part, metric: string, step: number, like: string, limit: number) =>
  useSuspenseQuery({
    queryKey: ["model", part.modelId, "drift", part, metric, step, like],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/drift", {
          params: {
            path: path(part),
            query: { ...of(part), metric: [metric], step, limit, ...(like ? { like } : {}) },
          },
        }),
      ),
  }).data;

export const useProfile = (part: Part, feature: string) =>
  useQuery({
    queryKey: ["model", part.modelId, "profile", part, feature],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/profile", {
          params: { path: path(part), query: { ...of(part), feature: [feature] } },
        }),
      ),
    placeholderData: keepPreviousData,
    throwOnError: true,
  }).data;

/** The profiles of some columns by name: of a schema, which another one may have no longer. */
export function useProfiles(
  part: Part,
  schema: number | null,
  features: string[],
): Map<string, FeatureProfile> {
  const found = useQuery({
    queryKey: ["profiles", part.modelId, schema, features],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/profile", {
          params: { path: path(part), query: { ...of(part), feature: features } },
        }),
      ),
    enabled: features.length > 0,
    placeholderData: keepPreviousData,
  });
  const whole = found.data?.features.filter((each) => each.facet === "") ?? [];
  return new Map(whole.map((each) => [each.name, each]));
}

export const usePerformance = (part: Part, step: number) =>
  useSuspenseQuery({
    queryKey: ["model", part.modelId, "performance", part, step],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/performance", {
          params: { path: path(part), query: { ...of(part), step } },
        }),
      ),
  }).data;

export const useErrors = (part: Part, against: "reference" | "before") =>
  useQuery({
    queryKey: ["model", part.modelId, "errors", part, against],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/performance/errors", {
          params: { path: path(part), query: { ...of(part), against } },
        }),
      ),
    placeholderData: keepPreviousData,
    throwOnError: true,
  }).data;

/** The same of some segments, each by itself. */
export const useSegmentPerformance = (part: Part, segments: readonly string[], metric: string) =>
  useSuspenseQueries({
    queries: segments.map((segment) => ({
      queryKey: ["model", part.modelId, "performance", { ...part, segment }, metric],
      queryFn: () =>
        told(
          client.GET("/api/v1/models/{model_id}/performance", {
            params: {
              path: path(part),
              query: { ...of({ ...part, segment }), step: 86_400, metric: [metric] },
            },
          }),
        ),
    })),
    combine: (found) => found.map((each) => each.data.total),
  });

/** Slices that nobody declared and that are worse than the rest: looked for in the rows. */
export const useFound = (part: Part, span: string) =>
  useSuspenseQuery({
    queryKey: ["slices", part.modelId, part.version, span],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/segments/where", {
          params: {
            path: path(part),
            query: {
              start_time: part.start,
              end_time: part.end,
              of: "errors",
              found: true,
              against: "rest",
              ...(part.version ? { version: part.version } : {}),
            },
          },
        }),
      ),
    staleTime: 600_000,
  }).data;

export const useEstimates = (part: Part, metric: string | null, step: number) =>
  useQuery({
    queryKey: ["model", part.modelId, "estimates", part, metric, step],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/estimates", {
          params: {
            path: path(part),
            query: { ...of(part), metric: metric ? [metric] : [], step },
          },
        }),
      ),
    enabled: metric !== null,
  }).data;

export const useWhere = (part: Part) =>
  useQuery({
    queryKey: ["model", part.modelId, "where", part],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/segments/where", {
          params: { path: path(part), query: { start_time: part.start, end_time: part.end } },
        }),
      ),
  }).data;

export const useQuality = (part: Part) =>
  useSuspenseQuery({
    queryKey: ["model", part.modelId, "quality", part],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/quality", {
          params: { path: path(part), query: of(part) },
        }),
      ),
  }).data;

export const useTraffic = (part: Part, step: number) =>
  useSuspenseQuery({
    queryKey: ["model", part.modelId, "traffic", part, step],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/traffic", {
          params: { path: path(part), query: { ...of(part), step } },
        }),
      ),
  }).data;
