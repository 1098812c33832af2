import { Badge, Group, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import { type Course, type FleetModel, useCourses } from "../api/fleet";
import { Sparkline } from "../charts/Sparkline";
import { Moment } from "./Moment";
import { digits, named, percent, short } from "./numbers";
import { Status } from "./Status";

const ROW = 57;
const ASKED_AT_ONCE = 60;

type Line = { group: string; count: number } | { model: FleetModel };

/** As many rows as the screen holds are drawn, however many models there are. */
export function FleetTable({
  models,
  group,
}: {
  models: FleetModel[];
  group?: string | undefined;
}) {
  const lines = grouped(models, group);
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    if (body.current) setTop(body.current.getBoundingClientRect().top + window.scrollY);
  }, []);
  const virtual = useWindowVirtualizer({
    count: lines.length,
    estimateSize: () => ROW,
    overscan: 12,
    scrollMargin: top,
  });
  const items = virtual.getVirtualItems();
  const seen = items.flatMap(({ index }) => {
    const line = lines[index];
    return line && "model" in line ? [line.model.model_id] : [];
  });
  const courses = useCourses(seen.slice(0, ASKED_AT_ONCE));
  const before = (items[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <div className="panel scroll">
      <table className="rows" aria-rowcount={models.length}>
        <thead>
          <tr>
            <th>Model</th>
            <th>What is the matter</th>
            <th>Traffic, 24 h</th>
            <th>Performance, 14 d</th>
            <th className="number">Labelled</th>
            <th>Seen</th>
            <th>Owner</th>
          </tr>
        </thead>
        <tbody ref={body}>
          {before > 0 ? <Gap height={before} /> : null}
          {items.map(({ index, key }) => {
            const line = lines[index];
            if (!line) return null;
            return "model" in line ? (
              <ModelRow key={key} model={line.model} course={courses.get(line.model.model_id)} />
            ) : (
              <tr key={key}>
                <td colSpan={7} style={{ height: ROW, background: "var(--page)" }}>
                  <Text size="sm" fw={600}>
                    {line.group || "Without it"}{" "}
                    <Text span c="dimmed">
                      {line.count}
                    </Text>
                  </Text>
                </td>
              </tr>
            );
          })}
          {after > 0 ? <Gap height={after} /> : null}
        </tbody>
      </table>
    </div>
  );
}

const Gap = ({ height }: { height: number }) => (
  <tr aria-hidden>
    <td colSpan={7} style={{ height, padding: 0, border: 0 }} />
  </tr>
);

function ModelRow({ model, course }: { model: FleetModel; course: Course | undefined }) {
  const go = useNavigate();
  const params = { modelId: model.model_id };
  const open = () => go({ to: "/models/$modelId/overview", params });
  const calls = model.rate_24h.reduce((all, each) => all + each, 0);
  return (
    <tr
      data-open
      tabIndex={0}
      onClick={open}
      onKeyDown={(event) => event.key === "Enter" && open()}
      style={{ height: ROW }}
    >
      <td style={{ minWidth: 200 }}>
        <Group gap={10} wrap="nowrap">
          <Status is={model.status} />
          <div style={{ minWidth: 0 }}>
            <Link
              to="/models/$modelId/overview"
              params={params}
              className="plain"
              tabIndex={-1}
              onClick={(event) => event.stopPropagation()}
            >
              <Text fw={600} size="sm" truncate maw={260}>
                {model.model_id}
              </Text>
            </Link>
            <Text size="xs" c="dimmed" truncate maw={260}>
              {model.task ?? "task unknown"}
            </Text>
          </div>
        </Group>
      </td>
      <td style={{ minWidth: 220, maxWidth: 380 }}>
        <Matter model={model} />
      </td>
      <td>
        <Group gap={8} wrap="nowrap">
          <Sparkline
            values={model.rate_24h}
            fromZero
            label={`${short(calls)} predictions in 24 hours`}
          />
          <Text size="xs" c="dimmed" w={44}>
            {short(calls)}
          </Text>
        </Group>
      </td>
      <td>{course ? <Performance course={course} /> : null}</td>
      <td className="number">{percent(course?.coverage)}</td>
      <td style={{ whiteSpace: "nowrap" }}>
        <Moment at={model.last_seen} />
      </td>
      <td>
        <Text size="sm" truncate maw={140}>
          {model.owner || "–"}
        </Text>
      </td>
    </tr>
  );
}

function Matter({ model }: { model: FleetModel }) {
  if (model.worst)
    return (
      <div>
        <Link
          to="/incidents/$incidentId"
          params={{ incidentId: model.worst.incident_id }}
          className="plain"
          onClick={(event) => event.stopPropagation()}
        >
          <Text size="sm" lineClamp={1}>
            {model.worst.title}
          </Text>
        </Link>
        <Text size="xs" c="dimmed">
          <Moment at={model.worst.opened_at} />
          {model.worst.state === "acknowledged" ? ", somebody is on it" : ""}
          {model.incidents > 1 ? `, and ${model.incidents - 1} more` : ""}
        </Text>
      </div>
    );
  const word = !model.watched
    ? "not watched"
    : model.state === "learning"
      ? "learning what is normal"
      : "";
  return word ? (
    <Badge variant="light" color="gray" tt="none" fw={500}>
      {word}
    </Badge>
  ) : (
    <Text size="sm" c="dimmed">
      {model.state === "empty" ? "No prediction has come yet" : "Nothing"}
    </Text>
  );
}

function Performance({ course }: { course: Course }) {
  const last = course.values.findLast((value) => value !== null);
  if (!course.metric || last === undefined)
    return (
      <Text size="xs" c="dimmed">
        no labels
      </Text>
    );
  const told = `${named(course.metric)} ${digits(last)}`;
  return (
    <Group gap={8} wrap="nowrap">
      <Sparkline values={course.values} label={`${told}, the last of 14 days`} />
      <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
        {told}
      </Text>
    </Group>
  );
}

function grouped(models: FleetModel[], by: string | undefined): Line[] {
  if (!by) return models.map((model) => ({ model }));
  const groups = new Map<string, FleetModel[]>();
  for (const model of models) {
    const name = by === "owner" ? model.owner : (model.tags[by] ?? "");
    groups.set(name, [...(groups.get(name) ?? []), model]);
  }
  return [...groups].flatMap(([group, some]): Line[] => [
    { group, count: some.length },
    ...some.map((model) => ({ model })),
  ]);
}
