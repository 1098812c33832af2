/** What a monitor is, in few words. */
import type { Incident } from "../../api/incidents";
import type { Document, Monitor } from "../../api/monitors";
import { digits, named } from "../../components/numbers";

const MONTH_MS = 30 * 86_400_000;
const GRAVITY = ["critical", "high", "medium", "low"];

export function watched(document: Document): string {
  const text = (name: string): string => {
    const value = document[name];
    return Array.isArray(value) ? value.join(", ") : typeof value === "string" ? value : "";
  };
  const what = text("metric") ? named(text("metric")) : "";
  const column = text("column") || text("columns");
  const where = [text("models") || "all models", text("segment"), text("version")]
    .map((each) => (each === "*" ? "all models" : each))
    .filter(Boolean)
    .join(", ");
  return [what && column ? `${what} of ${column}` : what || column, where]
    .filter(Boolean)
    .join(" · ");
}

/** How its last readings stand: the gravest, and of how many. */
export function standing(monitor: Monitor): { look: string; text: string } {
  const bad = monitor.standing.filter((each) => each.severity !== null);
  if (bad.length) {
    const [worst] = [...bad].sort(
      (a, b) => GRAVITY.indexOf(a.severity ?? "") - GRAVITY.indexOf(b.severity ?? ""),
    );
    const count = bad.reduce((sum, each) => sum + each.targets, 0);
    return { look: worst?.severity ?? "low", text: `${count} beyond` };
  }
  const count = monitor.standing.reduce((sum, each) => sum + each.targets, 0);
  if (!count) return { look: "unknown", text: "not read yet" };
  const most = [...monitor.standing].sort((a, b) => b.targets - a.targets)[0]?.status ?? "";
  return most === "ok"
    ? { look: "healthy", text: `${count} fine` }
    : { look: "unknown", text: most.replaceAll("_", " ") };
}

/** How often all that states a budget may be wrong, together. */
export function budget(monitors: Monitor[]): string | null {
  let monthly = 0;
  for (const { one_false_alarm_in_months: months, models } of monitors)
    if (months) monthly += models / months;
  if (monthly === 0) return null;
  const months = 1 / monthly;
  return months >= 24
    ? `${digits(months / 12, 2)} years`
    : months >= 1.5
      ? `${digits(months, 2)} months`
      : `${digits(months * 30, 2)} days`;
}

/** What people said of the incidents of 30 days. */
export function spent(incidents: Incident[], now: number) {
  const lately = incidents.filter((each) => now - Date.parse(each.opened_at) < MONTH_MS);
  return {
    opened: lately.length,
    useful: lately.filter((each) => each.useful === true).length,
    useless: lately.filter((each) => each.useful === false).length,
  };
}

/** Whether a monitor is about a model: `fraud-*` as the server takes it. */
export function isAbout(document: Document, model: string): boolean {
  const patterns = [document.models ?? "*"].flat().map(String);
  return patterns.some((pattern) => {
    const text = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${text}$`).test(model);
  });
}
