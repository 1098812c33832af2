import {
  useInfiniteQuery,
  useMutation,
  useQueryClient,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { client, type Shown, tagged, told } from "./client";
import type { Document } from "./monitors";

export type Channel = Shown["ChannelShown"];
export type Tested = Shown["ChannelTested"];
export type Notice = Shown["NoticeShown"];

export const useChannels = () =>
  useSuspenseQuery({
    queryKey: ["channels"],
    queryFn: () => told(client.GET("/api/v1/channels")),
    refetchInterval: 30_000,
  }).data;

export const useChannel = (name: string) =>
  useSuspenseQuery({
    queryKey: ["channel", name],
    queryFn: () => tagged(client.GET("/api/v1/channels/{name}", { params: { path: { name } } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  }).data;

export const useNotices = (name: string) =>
  useInfiniteQuery({
    queryKey: ["channels", name, "notices"],
    queryFn: ({ pageParam }) =>
      told(
        client.GET("/api/v1/channels/{name}/notices", {
          params: {
            path: { name },
            query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });

function useChange<Asked, Answer>(change: (asked: Asked) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: ["channels"] }),
  });
}

export const useSaveChannel = () =>
  useChange(({ name, tag, body }: { name: string; tag: string; body: Document }) =>
    told(
      client.PUT("/api/v1/channels/{name}", {
        params: { path: { name }, header: tag ? { "if-match": tag } : {} },
        body,
      }),
    ),
  );

export const useRemoveChannel = () =>
  useChange((name: string) =>
    told(client.DELETE("/api/v1/channels/{name}", { params: { path: { name } } })),
  );

export const useTestChannel = () =>
  useChange((name: string) =>
    told(client.POST("/api/v1/channels/{name}/test", { params: { path: { name } } })),
  );

export const useResend = () =>
  useChange((notice: string) =>
    told(
      client.POST("/api/v1/notices/{notice_id}/resend", {
        params: { path: { notice_id: notice } },
      }),
    ),
  );
