import { useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";
import type { Part } from "./model";

export type Attribute = Shown["AttributeShown"];
export type Criterion = Shown["CriterionShown"];
export type Group = Shown["GroupShown"];
export type Verdict = Attribute["verdict"];

export const useFairness = (part: Part, estimated: boolean) =>
  useSuspenseQuery({
    queryKey: ["model", part.modelId, "fairness", part, estimated],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/fairness", {
          params: {
            path: { model_id: part.modelId },
            query: {
              start_time: part.start,
              end_time: part.end,
              estimated,
              ...(part.version ? { version: part.version } : {}),
            },
          },
        }),
      ),
  }).data;
