import {
  keepPreviousData,
  useMutation,
  useQuery,
  useQueryClient,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { client, type Shown, tagged, told } from "./client";

export type Monitor = Shown["MonitorListed"];
export type Backtest = Shown["BacktestShown"];
export type Outcome = Shown["OutcomeShown"];
export type Document = Record<string, unknown>;

const PAGE = 500;

async function all(): Promise<Monitor[]> {
  const found: Monitor[] = [];
  let cursor: string | null = null;
  do {
    const page: Shown["MonitorPage"] = await told(
      client.GET("/api/v1/monitors", {
        params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } },
      }),
    );
    found.push(...page.monitors);
    cursor = page.next;
  } while (cursor);
  return found;
}

export const useMonitors = () =>
  useSuspenseQuery({ queryKey: ["monitors"], queryFn: all, refetchInterval: 60_000 }).data;

/** As it was when the page was opened: what is written is not taken away by somebody's change. */
export const useMonitor = (name: string) =>
  useSuspenseQuery({
    queryKey: ["monitor", name],
    queryFn: () => tagged(client.GET("/api/v1/monitors/{name}", { params: { path: { name } } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  }).data;

const TRIALS = 10;

/** What a document would have told of a model's past: its alarms soon, what it would find a little
 * later.  The last answer stays until the next. */
export function useBacktest(model: string | null, document: Document | null, days: number) {
  const asked = (trials: number, enabled: boolean) => ({
    queryKey: ["backtest", model, days, document, trials],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      told(
        client.POST("/api/v1/models/{model_id}/monitor/backtest", {
          params: { path: { model_id: model ?? "" } },
          body: { monitors: [document as Document], days, trials, alarms_a_week: 1 },
          signal,
        }),
      ),
    enabled,
    placeholderData: keepPreviousData,
    staleTime: 300_000,
    retry: false,
  });
  const soon = useQuery(asked(0, model !== null && document !== null));
  const whole = useQuery(asked(TRIALS, soon.isSuccess && !soon.isPlaceholderData));
  return {
    data: whole.data && !whole.isPlaceholderData ? whole.data : soon.data,
    error: soon.error,
    isFetching: soon.isFetching || whole.isFetching,
  };
}

export function useSaveMonitor() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, tag, body }: { name?: string; tag?: string; body: Document }) =>
      name
        ? told(
            client.PUT("/api/v1/monitors/{name}", {
              params: { path: { name }, header: { "if-match": tag ?? "*" } },
              body,
            }),
          )
        : told(client.POST("/api/v1/monitors", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["monitors"] }),
  });
}

export function useRemoveMonitor() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, tag }: { name: string; tag: string }) =>
      told(
        client.DELETE("/api/v1/monitors/{name}", {
          params: { path: { name }, header: { "if-match": tag } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["monitors"] }),
  });
}
