import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { Failure } from "./components/Fallback";
import { Shell } from "./components/Shell";
import { FleetPage } from "./pages/FleetPage";
import { NotFoundPage } from "./pages/NotFoundPage";
import {
  fleetSearch,
  incidentsSearch,
  modelSearch,
  monitorsSearch,
  retrainingSearch,
} from "./search";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Shell,
  notFoundComponent: NotFoundPage,
  errorComponent: ({ error, reset }) => <Failure error={error as Error} onAgain={reset} />,
});

const fleet = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: fleetSearch,
  component: FleetPage,
});

const incidents = createRoute({
  getParentRoute: () => root,
  path: "/incidents",
  validateSearch: incidentsSearch,
  component: lazyRouteComponent(() => import("./pages/IncidentsPage"), "IncidentsPage"),
});

const incident = createRoute({
  getParentRoute: () => root,
  path: "/incidents/$incidentId",
  component: lazyRouteComponent(() => import("./pages/IncidentPage"), "IncidentPage"),
});

const place = <Path extends string>(
  path: Path,
  load: () => Promise<Record<string, unknown>>,
  name: string,
) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name as never),
  });

const monitors = createRoute({
  getParentRoute: () => root,
  path: "/monitors",
  validateSearch: monitorsSearch,
  component: lazyRouteComponent(() => import("./pages/monitors/MonitorsPage"), "MonitorsPage"),
});

const retraining = createRoute({
  getParentRoute: () => root,
  path: "/retraining",
  validateSearch: retrainingSearch,
  component: lazyRouteComponent(
    () => import("./pages/retraining/RetrainingPage"),
    "RetrainingPage",
  ),
});

const places = [
  place("/monitors/new", () => import("./pages/monitors/MonitorPage"), "NewMonitorPage"),
  place("/monitors/$name", () => import("./pages/monitors/MonitorPage"), "MonitorPage"),
  place("/silences", () => import("./pages/SilencesPage"), "SilencesPage"),
  place("/channels", () => import("./pages/channels/ChannelsPage"), "ChannelsPage"),
  place("/channels/new", () => import("./pages/channels/ChannelPage"), "NewChannelPage"),
  place("/channels/$name", () => import("./pages/channels/ChannelPage"), "ChannelPage"),
  place("/reports", () => import("./pages/reports/ReportsPage"), "ReportsPage"),
  place("/retraining/policies/new", () => import("./pages/retraining/PolicyPage"), "NewPolicyPage"),
  place("/retraining/policies/$name", () => import("./pages/retraining/PolicyPage"), "PolicyPage"),
  place("/retraining/$jobId", () => import("./pages/retraining/JobPage"), "JobPage"),
  place("/access", () => import("./pages/people/AccessPage"), "AccessPage"),
  place("/audit", () => import("./pages/people/AuditPage"), "AuditPage"),
  place("/system", () => import("./pages/SystemPage"), "SystemPage"),
] as const;

const model = createRoute({
  getParentRoute: () => root,
  path: "/models/$modelId",
  validateSearch: modelSearch,
  component: lazyRouteComponent(() => import("./pages/model/ModelPage"), "ModelPage"),
});

const modelIndex = createRoute({
  getParentRoute: () => model,
  path: "/",
  beforeLoad: ({ params, search }) => {
    throw redirect({ to: "/models/$modelId/overview", params, search });
  },
});

const tab = <Path extends string>(
  path: Path,
  load: () => Promise<Record<string, unknown>>,
  name: string,
) =>
  createRoute({
    getParentRoute: () => model,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name as never),
  });

const tabs = [
  tab("overview", () => import("./pages/model/OverviewTab"), "OverviewTab"),
  tab("drift", () => import("./pages/model/DriftTab"), "DriftTab"),
  tab("performance", () => import("./pages/model/PerformanceTab"), "PerformanceTab"),
  tab("quality", () => import("./pages/model/QualityTab"), "QualityTab"),
  tab("traffic", () => import("./pages/model/TrafficTab"), "TrafficTab"),
  tab("reference", () => import("./pages/model/ReferenceTab"), "ReferenceTab"),
  tab("settings", () => import("./pages/model/SettingsTab"), "SettingsTab"),
  tab("explanations", () => import("./pages/model/ExplanationsTab"), "ExplanationsTab"),
  tab("fairness", () => import("./pages/model/FairnessTab"), "FairnessTab"),
  tab("compare", () => import("./pages/model/CompareTab"), "CompareTab"),
  tab("records", () => import("./pages/model/RecordsTab"), "RecordsTab"),
] as const;

const tree = root.addChildren([
  fleet,
  incidents,
  incident,
  monitors,
  retraining,
  ...places,
  model.addChildren([modelIndex, ...tabs]),
]);

export const makeRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: "intent",
    scrollRestoration: true,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
