import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { client, told } from "./client";
import type { Part } from "./model";

interface Asked {
  by: string;
  metric: string;
  search: string;
  /** The time as the address names it: unlike its moments, it stands still. */
  span: string;
}

const A_PAGE = 100;

/** Performance by each value of a column, the surely worst first: read from the rows, in seconds. */
export function useGroups(part: Part, { by, metric, search, span }: Asked) {
  return useInfiniteQuery({
    queryKey: ["groups", part.modelId, part.version, part.segment, by, metric, search, span],
    queryFn: ({ pageParam }) =>
      told(
        client.GET("/api/v1/models/{model_id}/performance/groups", {
          params: {
            path: { model_id: part.modelId },
            query: {
              start_time: part.start,
              end_time: part.end,
              by,
              search,
              metric: [metric],
              limit: A_PAGE,
              ...(pageParam ? { cursor: pageParam } : {}),
              ...(part.version ? { version: part.version } : {}),
              ...(part.segment ? { segment: part.segment } : {}),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 600_000,
  });
}
