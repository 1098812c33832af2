/** Moments and spans as people say them. */

const UNITS: [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

export function spanOf(seconds: number): string {
  const size = Math.max(Math.abs(seconds), 0);
  for (const [unit, name] of UNITS) {
    if (size >= unit * (unit === 1 ? 1 : 1.5) || unit === 1)
      return `${Math.round(size / unit)} ${name}`;
  }
  return "0 s";
}

export function ago(moment: string | null | undefined, now: number = Date.now()): string {
  if (!moment) return "never";
  const seconds = (now - Date.parse(moment)) / 1000;
  if (seconds < -5) return `in ${spanOf(-seconds)}`;
  return seconds < 5 ? "now" : `${spanOf(seconds)} ago`;
}

const WHOLE = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "medium",
});

export const exactly = (moment: string | number | Date): string => WHOLE.format(new Date(moment));

const CLOSE = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** The same in a cell, without the year. */
export const briefly = (moment: string | number | Date): string => CLOSE.format(new Date(moment));

const MINUTE_MS = 60_000;

/** As a field for a moment has it: to the minute, in the time of whoever looks. */
export function toField(moment: string): string {
  const at = new Date(moment);
  const here = new Date(at.getTime() - at.getTimezoneOffset() * MINUTE_MS);
  return here.toISOString().slice(0, 16);
}

export function fromField(told: string): string | null {
  const at = new Date(told);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
