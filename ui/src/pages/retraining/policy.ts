/** What a policy says, in few words. */
import type { Document } from "../../api/monitors";

interface Said {
  count?: number;
  within?: string | number;
  rule?: string;
  at?: string;
  kind?: string;
  name?: string;
  channel?: string;
}

export function trains({ target }: Document): string {
  const { kind = "", name, channel } = (target ?? {}) as Said;
  return [kind, name ?? channel].filter(Boolean).join(" ");
}

const DAYS: Record<string, string> = { DAILY: "every day", WEEKLY: "every week" };

export function starts({ detections, calendar }: Document): string {
  const found: string[] = [];
  if (detections !== null) {
    const { count = 3, within } = (detections ?? {}) as Said;
    found.push(`${count} ${count === 1 ? "finding" : "findings"} within ${span(within)}`);
  }
  if (calendar) {
    const { rule = "FREQ=WEEKLY", at = "08:00" } = calendar as Said;
    const often = /FREQ=(\w+)/.exec(rule)?.[1] ?? "";
    found.push(`${DAYS[often] ?? "by the calendar"} at ${at}`);
  }
  return found.join(", or ") || "by hand only";
}

/** As it is written, or the seconds that the server made of that. */
function span(within: string | number | undefined): string {
  if (within === undefined) return "1 d";
  if (typeof within === "string") return within;
  return within % 86_400 === 0 ? `${within / 86_400} d` : `${Math.round(within / 360) / 10} h`;
}
