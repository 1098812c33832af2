import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { client, type Shown, told } from "./client";

export type FleetModel = Shown["FleetModel"];
export type Course = Shown["CourseShown"];

const OFTEN_MS = 2_000;
const SELDOM_MS = 30_000;

export const fleetQuery = queryOptions({
  queryKey: ["fleet"],
  queryFn: () => told(client.GET("/api/v1/fleet")),
  // Who waits for the first prediction looks at nothing else.
  refetchInterval: (query) => (query.state.data?.models.length === 0 ? OFTEN_MS : SELDOM_MS),
});

export const useFleet = () => useSuspenseQuery(fleetQuery).data;

/** How good some models were: of those that are on the screen, not of all. */
export function useCourses(models: string[]): Map<string, Course> {
  const asked = [...models].sort();
  const found = useQuery({
    queryKey: ["fleet", "performance", asked],
    queryFn: () =>
      told(client.GET("/api/v1/fleet/performance", { params: { query: { model: asked } } })),
    enabled: asked.length > 0,
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
  return new Map(found.data?.map((each) => [each.model_id, each]));
}

/** One of all, as it stands there; nothing until that is known. */
export const useStanding = (model: string): FleetModel | undefined =>
  useQuery({
    queryKey: ["fleet", "one", model],
    queryFn: () => told(client.GET("/api/v1/fleet", { params: { query: { model: [model] } } })),
    refetchInterval: SELDOM_MS,
  }).data?.models[0];

const systemQuery = queryOptions({
  queryKey: ["system"],
  queryFn: () => told(client.GET("/api/v1/dashboard/system")),
  refetchInterval: 10_000,
});

export const useSystem = () => useSuspenseQuery(systemQuery).data;

/** For what is no reason to wait. */
export const useSystemLater = () => useQuery(systemQuery).data;
