import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type KeyWanted = Shown["KeyWanted"];

export function useMakeKey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: KeyWanted) => told(client.POST("/api/v1/keys", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["keys"] }),
  });
}
