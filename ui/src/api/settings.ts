import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type Model = Shown["ModelListed"];
export type ModelChange = Partial<Shown["ModelChange"]>;

const path = (modelId: string) => ({ path: { model_id: modelId } });

/** Change a model as it was seen; what others changed meanwhile is not written over. */
export function useModelChange(modelId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ change, revision }: { change: ModelChange; revision: number }) =>
      told(
        client.PATCH("/api/v1/models/{model_id}", {
          params: { ...path(modelId), header: { "if-match": `"${revision}"` } },
          body: change as Shown["ModelChange"],
        }),
      ),
    // Refused, too: then somebody else changed it, and theirs is to be seen.
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["model", modelId] }),
        queries.invalidateQueries({ queryKey: ["fleet"] }),
      ]),
  });
}

/** Out of the list, with all that is known of it; or gone for good. */
export function useModelRemove(modelId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ erase }: { erase: boolean }) =>
      told(
        client.DELETE("/api/v1/models/{model_id}", {
          params: { ...path(modelId), query: { erase } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["fleet"] }),
  });
}
