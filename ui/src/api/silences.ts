import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type Silence = Shown["SilenceShown"];
export type SilenceWanted = Shown["SilenceWanted"];
export type Kind = Silence["kind"];

/** Both kinds are asked for alike. */
const path = (kind: Kind) =>
  (kind === "silence" ? "/api/v1/silences" : "/api/v1/maintenance-windows") as "/api/v1/silences";

export const useSilences = () =>
  useSuspenseQuery({
    queryKey: ["silences"],
    queryFn: async () => {
      const pages = await Promise.all(
        (["silence", "maintenance"] as const).map((kind) =>
          told(client.GET(path(kind), { params: { query: { limit: 500 } } })),
        ),
      );
      return pages.flatMap((page) => page.silences);
    },
    refetchInterval: 30_000,
  }).data;

export function useMakeSilence() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ kind, body }: { kind: Kind; body: SilenceWanted }) =>
      told(client.POST(path(kind), { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["silences"] }),
  });
}

export function useEndSilence() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ kind, id }: Pick<Silence, "kind" | "id">) =>
      told(
        client.DELETE(`${path(kind)}/{number}` as "/api/v1/silences/{number}", {
          params: { path: { number: id } },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["silences"] }),
  });
}
