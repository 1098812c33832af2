import {
  useMutation,
  useQuery,
  useQueryClient,
  useSuspenseInfiniteQuery,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { client, type Shown, tagged, told } from "./client";
import type { Document } from "./monitors";

export type Retraining = Shown["RetrainingShown"];
export type State = Retraining["state"];
export type Rollout = Shown["RolloutShown"];
export type Policy = Shown["PolicyShown"];
export type Settings = Shown["Settings"];
export type Summary = Shown["RetrainingSummary"];
export type Line = Shown["LineShown"];
export type Wanted = Shown["ManualWanted"];

export const OPEN: readonly State[] = ["queued", "running", "evaluating"];

/** As often as something may have happened. */
const SOON_MS = 2_500;
const SELDOM_MS = 20_000;
const MOST_LINES = 1_000;

export const isOpen = (job: Retraining): boolean => OPEN.includes(job.state);

const isWatched = (job: Retraining): boolean =>
  job.rollout?.state === "asked" || job.rollout?.state === "serving";

const of = (job: string) => ({ path: { job_id: job } });

export const useRetrainingSummary = () =>
  useSuspenseQuery({
    queryKey: ["retraining", "summary"],
    queryFn: () => told(client.GET("/api/v1/retraining/summary")),
    refetchInterval: ({ state: { data } }) =>
      data && data.queued + data.running + data.evaluating > 0 ? SOON_MS : SELDOM_MS,
  }).data;

interface Asked {
  model?: string | undefined;
  state?: readonly State[] | undefined;
}

/** The latest first. What is empty is asked again soon too: the first job is waited for. */
export const useRetrainings = ({ model, state }: Asked) =>
  useSuspenseInfiniteQuery({
    queryKey: ["retraining", "jobs", model, state],
    queryFn: ({ pageParam }) =>
      told(
        client.GET("/api/v1/retraining/jobs", {
          params: {
            query: {
              limit: 50,
              ...(model ? { model_id: model } : {}),
              ...(state ? { state: [...state] } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.jobs.some(isOpen)) ? SOON_MS : SELDOM_MS / 2,
  });

export const useRetraining = (job: string) =>
  useSuspenseQuery({
    queryKey: ["retraining", "job", job],
    queryFn: () => told(client.GET("/api/v1/retraining/jobs/{job_id}", { params: of(job) })),
    refetchInterval: ({ state: { data } }) =>
      data && (isOpen(data) || isWatched(data)) ? SOON_MS : SELDOM_MS,
  }).data;

/** What it says of itself; only what came since is asked for. */
export function useLog(job: Retraining) {
  const queries = useQueryClient();
  const queryKey = ["retraining", "log", job.job_id];
  return useQuery({
    queryKey,
    queryFn: async () => {
      const before = queries.getQueryData<Line[]>(queryKey) ?? [];
      const more = await told(
        client.GET("/api/v1/retraining/jobs/{job_id}/log", {
          params: { ...of(job.job_id), query: { after: before.at(-1)?.id ?? 0 } },
        }),
      );
      return [...before, ...more].slice(-MOST_LINES);
    },
    refetchInterval: isOpen(job) ? SOON_MS : SELDOM_MS / 2,
    throwOnError: true,
  }).data;
}

export const usePolicies = () =>
  useSuspenseQuery({
    queryKey: ["retraining", "policies"],
    queryFn: () => told(client.GET("/api/v1/retraining/policies")),
    refetchInterval: 60_000,
  }).data;

/** As it was when the page was opened: what is written is not taken away by somebody's change. */
export const usePolicy = (name: string) =>
  useSuspenseQuery({
    queryKey: ["policy", name],
    queryFn: () =>
      tagged(client.GET("/api/v1/retraining/policies/{name}", { params: { path: { name } } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  }).data;

export const useRetrainingSettings = () =>
  useSuspenseQuery({
    queryKey: ["retraining", "config"],
    queryFn: () => told(client.GET("/api/v1/retraining/config")),
    refetchInterval: 60_000,
  }).data;

function useChange<Asked, Answer>(change: (asked: Asked) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: ["retraining"] }),
  });
}

export const useRetrain = () =>
  useChange((body: Wanted) => told(client.POST("/api/v1/retraining/manual", { body })));

export const useCancelRetraining = () =>
  useChange((job: string) =>
    told(client.DELETE("/api/v1/retraining/jobs/{job_id}", { params: of(job) })),
  );

export const usePromote = () =>
  useChange((job: string) =>
    told(client.POST("/api/v1/retraining/jobs/{job_id}/promote", { params: of(job) })),
  );

export const useRollBack = () =>
  useChange((job: string) =>
    told(client.POST("/api/v1/retraining/jobs/{job_id}/roll-back", { params: of(job) })),
  );

export const useSaveRetrainingSettings = () =>
  useChange((body: Settings) => told(client.PUT("/api/v1/retraining/config", { body })));

export const useSavePolicy = () =>
  useChange(({ name, tag, body }: { name: string; tag: string; body: Document }) =>
    told(
      client.PUT("/api/v1/retraining/policies/{name}", {
        params: { path: { name }, header: tag ? { "if-match": tag } : {} },
        body,
      }),
    ),
  );

export const useRemovePolicy = () =>
  useChange(({ name, tag }: { name: string; tag: string }) =>
    told(
      client.DELETE("/api/v1/retraining/policies/{name}", {
        params: { path: { name }, header: tag ? { "if-match": tag } : {} },
      }),
    ),
  );
