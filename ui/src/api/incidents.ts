import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type Incident = Shown["IncidentShown"];
export type IncidentWhole = Shown["IncidentWhole"];
export type State = Incident["state"];

export interface Asked {
  model?: string | undefined;
  state?: State[] | undefined;
  severity?: Incident["severity"][] | undefined;
  limit?: number;
}

export const useIncidents = (asked: Asked) =>
  useSuspenseQuery({
    queryKey: ["incidents", asked],
    queryFn: () =>
      told(
        client.GET("/api/v1/incidents", {
          params: {
            query: {
              ...(asked.model ? { model: [asked.model] } : {}),
              ...(asked.state ? { state: asked.state } : {}),
              ...(asked.severity ? { severity: asked.severity } : {}),
              limit: asked.limit ?? 100,
            },
          },
        }),
      ),
    refetchInterval: 30_000,
  }).data;

export const useIncident = (incidentId: string) =>
  useSuspenseQuery({
    queryKey: ["incidents", incidentId],
    queryFn: () =>
      told(
        client.GET("/api/v1/incidents/{incident_id}", {
          params: { path: { incident_id: incidentId } },
        }),
      ),
    refetchInterval: 15_000,
  }).data;

export type Act =
  | { act: "ack"; body: Shown["AckWanted"] }
  | { act: "resolve"; body: Shown["ResolveWanted"] }
  | { act: "snooze"; body: Shown["SnoozeWanted"] }
  | { act: "comment"; body: Shown["CommentWanted"] }
  | { act: "assign"; body: Shown["AssignWanted"] }
  | { act: "feedback"; body: Shown["FeedbackWanted"] }
  | { act: "unack"; body?: undefined };

/** What a person does about an incident; all that shows it is asked anew. */
export function useAct(incidentId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ act, body }: Act) =>
      told(
        client.POST(
          `/api/v1/incidents/{incident_id}/${act}` as "/api/v1/incidents/{incident_id}/ack",
          {
            params: { path: { incident_id: incidentId } },
            body: body as never,
          },
        ),
      ),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["incidents"] }),
        queries.invalidateQueries({ queryKey: ["fleet"] }),
      ]),
  });
}
