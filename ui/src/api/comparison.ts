import { useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";
import type { Part } from "./model";

export type Comparison = Shown["ComparisonShown"];
export type Difference = Comparison["metrics"][number];

export const useComparison = (a: Part, b: Part) =>
  useSuspenseQuery({
    queryKey: ["model", a.modelId, "compare", a, b],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/compare", {
          params: {
            path: { model_id: a.modelId },
            query: {
              a_start_time: a.start,
              a_end_time: a.end,
              b_start_time: b.start,
              b_end_time: b.end,
              ...(a.version === undefined ? {} : { a_version: a.version }),
              ...(b.version === undefined ? {} : { b_version: b.version }),
              ...(a.segment ? { a_segment: a.segment } : {}),
              ...(b.segment ? { b_segment: b.segment } : {}),
            },
          },
        }),
      ),
  }).data;
