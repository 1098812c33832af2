import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type Report = Shown["ScheduleShown"];

/** As it is written. */
export interface Schedule {
  models: string[];
  channels: string[];
  rule?: string;
  at?: string;
  timezone?: string;
  days?: number | null;
  enabled?: boolean;
}

const path = (name: string) => ({ path: { name } });

export const useReports = () =>
  useSuspenseQuery({
    queryKey: ["reports"],
    queryFn: () => told(client.GET("/api/v1/reports")),
    refetchInterval: 30_000,
  }).data;

function useChanged() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["reports"] });
}

export function useSaveReport() {
  const changed = useChanged();
  return useMutation({
    mutationFn: ({ name, body }: { name: string; body: Schedule }) =>
      told(
        client.PUT("/api/v1/reports/{name}", {
          params: path(name),
          body: body as unknown as Record<string, never>,
        }),
      ),
    onSuccess: changed,
  });
}

export function useSendReport() {
  const changed = useChanged();
  return useMutation({
    mutationFn: (name: string) =>
      told(client.POST("/api/v1/reports/{name}/send", { params: path(name) })),
    onSettled: changed,
  });
}

export function useRemoveReport() {
  const changed = useChanged();
  return useMutation({
    mutationFn: (name: string) =>
      told(client.DELETE("/api/v1/reports/{name}", { params: path(name) })),
    onSettled: changed,
  });
}
