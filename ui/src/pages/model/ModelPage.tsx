import {
  ActionIcon,
  Badge,
  Group,
  SegmentedControl,
  Select,
  Stack,
  Text,
  Title,
  Tooltip,
} from "@mantine/core";
import { IconFileDownload, IconRefresh } from "@tabler/icons-react";
import {
  Link,
  Outlet,
  useLocation,
  useNavigate,
  useParams,
  useSearch,
} from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useStanding } from "../../api/fleet";
import { reportOf, useHead, useIsGone } from "../../api/model";
import { AnchorLink } from "../../components/AnchorLink";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { Moment } from "../../components/Moment";
import { OwnTime } from "../../components/OwnTime";
import { Status } from "../../components/Status";
import { type ModelSearch, RANGES, type RangeName } from "../../search";
import { USUAL, usePart } from "./part";

const TABS = [
  ["overview", "Overview"],
  ["drift", "Drift"],
  ["performance", "Performance"],
  ["quality", "Data quality"],
  ["traffic", "Traffic"],
  ["explanations", "Explanations"],
  ["fairness", "Fairness"],
  ["compare", "Compare"],
  ["records", "Records"],
  ["reference", "Reference"],
  ["settings", "Settings"],
] as const;

/** What a page about a model is never a part of, so that it is not offered there. */
const WITHOUT: Record<string, readonly ("version" | "segment" | "time")[]> = {
  fairness: ["segment"],
  explanations: ["segment"],
  compare: ["version", "segment"],
  reference: ["version", "segment"],
  settings: ["version", "segment", "time"],
};

/** One model: its name and state, the part of it that is looked at, and the pages about it. */
export function ModelPage() {
  const { modelId } = useParams({ from: "/models/$modelId" });
  const search = useSearch({ from: "/models/$modelId" });
  const standing = useStanding(modelId);
  const isGone = useIsGone(modelId);
  if (isGone) return <Gone modelId={modelId} />;
  const kept: ModelSearch = {
    range: search.range,
    from: search.from,
    to: search.to,
    version: search.version,
    segment: search.segment,
  };
  return (
    <Stack gap="md" maw={1400} mx="auto">
      <div>
        <Group gap={10} wrap="nowrap">
          <Title order={1} style={{ overflowWrap: "anywhere" }}>
            {modelId}
          </Title>
          {standing ? <Status is={standing.status} word /> : null}
        </Group>
        <Part height={30}>
          <Head modelId={modelId} search={search} />
        </Part>
      </div>
      <Tabs modelId={modelId} kept={kept} />
      <Part height={420}>
        <Outlet />
      </Part>
    </Stack>
  );
}

/** It was erased, or never was, or is another tenant's. */
function Gone({ modelId }: { modelId: string }) {
  return (
    <Stack gap="md" maw={1400} mx="auto">
      <Title order={1} style={{ overflowWrap: "anywhere" }}>
        {modelId}
      </Title>
      <Empty title="Not found: there is no such model">
        It was erased, or is spelt otherwise.{" "}
        <AnchorLink to="/" underline="always">
          See the fleet
        </AnchorLink>
      </Empty>
    </Stack>
  );
}

function Head({ modelId, search }: { modelId: string; search: ModelSearch }) {
  const { model, versions, segments } = useHead(modelId);
  return (
    <Group justify="space-between" gap="sm">
      <Group gap={8} mt={2} style={{ minWidth: 0 }}>
        {model.task ? (
          <Badge variant="light" color="gray" tt="none" fw={500}>
            {model.task}
          </Badge>
        ) : null}
        <Text size="sm" c="dimmed">
          {[model.description, model.owner].filter(Boolean).join(" · ")}
          {model.description || model.owner ? " · " : ""}seen <Moment at={model.last_seen} />
        </Text>
      </Group>
      <Pickers
        modelId={modelId}
        versions={versions.map((each) => each.version)}
        segments={segments.map((each) => each.segment)}
        search={search}
      />
    </Group>
  );
}

/** As many as there are: where they have no place beside each other, the strip moves. */
function Tabs({ modelId, kept }: { modelId: string; kept: ModelSearch }) {
  const strip = useRef<HTMLElement>(null);
  const at = useLocation({ select: (location) => location.pathname });
  useEffect(() => {
    const tab = at ? strip.current?.querySelector("[data-status=active]") : null;
    tab?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [at]);
  return (
    <nav className="tabs" aria-label="Of this model" ref={strip}>
      {TABS.map(([path, name]) => (
        <Link key={path} to={`/models/$modelId/${path}`} params={{ modelId }} search={kept}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

interface PickersProps {
  modelId: string;
  versions: string[];
  segments: string[];
  search: ModelSearch;
}

function Pickers({ modelId, versions, segments, search }: PickersProps) {
  const at = useLocation({ select: (location) => location.pathname });
  const without = WITHOUT[at.slice(at.lastIndexOf("/") + 1)] ?? [];
  const part = usePart();
  const go = useNavigate();
  const set = (change: ModelSearch) =>
    go({ to: ".", search: (old: ModelSearch) => ({ ...old, ...change }), replace: true });
  return (
    <Group gap="xs">
      {versions.length > 1 && !without.includes("version") ? (
        <Select
          aria-label="Version"
          placeholder="All versions"
          data={versions.map((each) => ({ value: each, label: each || "unnamed" }))}
          value={search.version ?? null}
          onChange={(value) => set({ version: value ?? undefined })}
          clearable
          searchable
          size="xs"
          w={140}
        />
      ) : null}
      {segments.length && !without.includes("segment") ? (
        <Select
          aria-label="Segment"
          placeholder="All traffic"
          data={segments}
          value={search.segment ?? null}
          onChange={(value) => set({ segment: value ?? undefined })}
          clearable
          searchable
          size="xs"
          w={190}
        />
      ) : null}
      {without.includes("time") ? null : (
        <>
          <SegmentedControl
            aria-label="Time"
            size="xs"
            data={Object.keys(RANGES)}
            value={search.from ? "" : (search.range ?? USUAL)}
            onChange={(value) => set({ range: value as RangeName, from: undefined, to: undefined })}
          />
          <OwnTime
            start={part.start}
            end={part.end}
            onChange={(from, to) => set({ range: undefined, from, to })}
          />
          <Tooltip label="A report of this time, as one file to keep and to send">
            <ActionIcon
              component="a"
              href={reportOf(part)}
              download
              variant="default"
              size={30}
              aria-label="Report of this time"
            >
              <IconFileDownload size={15} />
            </ActionIcon>
          </Tooltip>
        </>
      )}
      <Tooltip label="How it is trained again, and what came of it">
        <ActionIcon
          renderRoot={(props) => <Link {...props} to="/retraining" search={{ model: modelId }} />}
          variant="default"
          size={30}
          aria-label="Retraining of this model"
        >
          <IconRefresh size={15} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
