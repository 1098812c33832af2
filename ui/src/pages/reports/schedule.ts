/** How often a report goes out, in words. */
import type { Report, Schedule } from "../../api/reports";

export const RULES = [
  { value: "FREQ=DAILY", label: "Each day" },
  { value: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", label: "Each working day" },
  { value: "FREQ=WEEKLY;BYDAY=MO", label: "Each Monday" },
  { value: "FREQ=WEEKLY;BYDAY=FR", label: "Each Friday" },
  { value: "FREQ=MONTHLY;BYMONTHDAY=1", label: "The first of each month" },
];
export const USUAL = { rule: "FREQ=WEEKLY;BYDAY=MO", at: "08:00", timezone: "UTC" } as const;

export const scheduleOf = (report: Report): Schedule => report.document as unknown as Schedule;

/** As it is kept, what is usual is left out. */
export function whenOf(schedule: Schedule): string {
  const { rule, at, timezone } = { ...USUAL, ...schedule };
  const often = RULES.find((each) => each.value === rule)?.label ?? rule;
  return `${often}, ${at} ${timezone}`;
}
