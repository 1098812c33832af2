import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type Session = Shown["SessionShown"];
export type Login = Shown["LoginWanted"];

const KEY = ["session"];

/** Who looks; null where nobody has logged in. */
export function useSession() {
  return useQuery<Session | null>({
    queryKey: KEY,
    queryFn: () => told(client.GET("/api/v1/session")),
    staleTime: 60_000,
  });
}

export function useLogin() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Login) => told(client.POST("/api/v1/session", { body })),
    onSuccess: () => queries.resetQueries(),
  });
}

/** The organisation's own way in, and why it did not let somebody in; null where there is none. */
export function useProvider(refused: string) {
  return useQuery({
    queryKey: ["provider", refused],
    queryFn: () => told(client.GET("/api/v1/session/provider", { params: { query: { refused } } })),
    staleTime: 60_000,
  });
}

export function useLogout(session: Session) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => told(client.DELETE("/api/v1/session")),
    onSettled: () => {
      queries.clear();
      window.location.assign(session.leads_to);
    },
  });
}

const RANK = { ingest: 0, read: 1, write: 2, admin: 3 } as const;

/** Whether who looks may do what asks for a role. */
export function useMay(role: "write" | "admin"): boolean {
  const { data } = useSession();
  return data ? RANK[data.role] >= RANK[role] : false;
}
