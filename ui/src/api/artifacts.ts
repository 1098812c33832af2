import { useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type Artifact = Shown["ArtifactShown"];

/** The newest first. */
export const useArtifacts = (modelId: string) =>
  useSuspenseQuery({
    queryKey: ["retraining", "artifacts", modelId],
    queryFn: () =>
      told(
        client.GET("/api/v1/models/{model_id}/artifacts", {
          params: { path: { model_id: modelId } },
        }),
      ),
    refetchInterval: 20_000,
  }).data.artifacts;
