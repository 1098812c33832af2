import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type Key = Shown["KeyShown"];
export type KeyWanted = Shown["KeyWanted"];

export const useKeys = () =>
  useSuspenseQuery({ queryKey: ["keys"], queryFn: () => told(client.GET("/api/v1/keys")) }).data;

export function useMakeKey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: KeyWanted) => told(client.POST("/api/v1/keys", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["keys"] }),
  });
}

export function useRevokeKey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      told(client.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["keys"] }),
  });
}
