import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type Entry = Shown["EntryShown"];
export type Job = Shown["JobShown"];

/** Who did what, the latest first. */
export const useAudit = () =>
  useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) =>
      told(
        client.GET("/api/v1/audit", {
          params: { query: { limit: 100, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const useJobs = () =>
  useSuspenseQuery({
    queryKey: ["jobs"],
    queryFn: () => told(client.GET("/api/v1/jobs", { params: { query: { limit: 500 } } })),
    refetchInterval: (query) =>
      query.state.data?.some((job) => job.state === "running" || job.state === "waiting")
        ? 2_000
        : 15_000,
  }).data;
