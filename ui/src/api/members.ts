import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type Member = Shown["MemberShown"];
export type MemberWanted = Shown["MemberWanted"];
export type MemberChange = Shown["MemberChange"];

export const useMembers = () =>
  useSuspenseQuery({
    queryKey: ["members"],
    queryFn: () => told(client.GET("/api/v1/members")),
  }).data;

function useChange<Asked>(change: (asked: Asked) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: ["members"] }),
  });
}

export const useAddMember = () =>
  useChange((body: MemberWanted) => told(client.POST("/api/v1/members", { body })));

export const useChangeMember = () =>
  useChange(({ email, body }: { email: string; body: Partial<MemberChange> }) =>
    told(
      client.PATCH("/api/v1/members/{email}", {
        params: { path: { email } },
        // What is not named stays: its description has defaults, which nobody is to send.
        body: body as MemberChange,
      }),
    ),
  );

export const useRemoveMember = () =>
  useChange((email: string) =>
    told(client.DELETE("/api/v1/members/{email}", { params: { path: { email } } })),
  );
