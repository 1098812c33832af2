import { useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";
import type { Part } from "./model";

export type Explanations = Shown["ExplanationsShown"];
export type Explained = Explanations["features"][number];

export const useExplanations = (part: Part, output: string | undefined, step: number) =>
  useSuspenseQuery({
    queryKey: ["model", part.modelId, "explanations", part, output, step],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/explanations", {
          params: {
            path: { model_id: part.modelId },
            query: {
              start_time: part.start,
              end_time: part.end,
              step,
              ...(part.version ? { version: part.version } : {}),
              ...(output === undefined ? {} : { output }),
            },
          },
        }),
      ),
  }).data;
