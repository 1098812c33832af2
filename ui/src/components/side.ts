/** One side of a comparison: which time, version and segment of a model. */
import type { Part } from "../api/model";

export interface Side {
  /** Unsaid: the time of the page.  Else "before", "quarter" or "from/to". */
  period?: string | undefined;
  version?: string | undefined;
  segment?: string | undefined;
}

const QUARTER_MS = 90 * 86_400_000;

/** From when to when "from/to" is, if it is any time at all. */
export function own(period: string | undefined): [string, string] | null {
  const [start = "", end = ""] = (period ?? "").split("/");
  const isTime = Date.parse(start) < Date.parse(end);
  return isTime ? [new Date(start).toISOString(), new Date(end).toISOString()] : null;
}

export function partOf(side: Side, page: Part): Part {
  const [start, end] = timeOf(side.period, page);
  return {
    modelId: page.modelId,
    start,
    end,
    version: side.version,
    segment: side.segment,
  };
}

function timeOf(period: string | undefined, page: Part): [string, string] {
  const start = Date.parse(page.start);
  const end = Date.parse(page.end);
  if (period === "before") return [new Date(2 * start - end).toISOString(), page.start];
  if (period === "quarter") return [new Date(end - QUARTER_MS).toISOString(), page.end];
  return own(period) ?? [page.start, page.end];
}

/** What a side is, in few words. */
export function wordsOf(side: Side): string {
  const time = { before: "the time before", quarter: "90 days" }[side.period ?? ""];
  const told = [
    own(side.period) ? "its own time" : (time ?? "this time"),
    side.version === undefined ? "" : `version ${side.version || "unnamed"}`,
    side.segment ?? "",
  ];
  return told.filter(Boolean).join(", ");
}
