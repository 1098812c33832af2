/** Numbers as people read them: three digits that matter, and never NaN. */

const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const NOTHING = "–";

const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

export const short = (value: number | null | undefined): string =>
  isNumber(value) ? (Math.abs(value) < 1_000 ? digits(value) : SHORT.format(value)) : NOTHING;

export const whole = (value: number | null | undefined): string =>
  isNumber(value) ? WHOLE.format(value) : NOTHING;

export function digits(value: number | null | undefined, count = 3): string {
  if (!isNumber(value)) return NOTHING;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(count - 1).replace("e+", "e");
  return String(Number(value.toPrecision(Math.max(count, Math.ceil(Math.log10(size))))));
}

export const percent = (share: number | null | undefined): string =>
  isNumber(share) ? `${digits(100 * share)} %` : NOTHING;

export function bytes(value: number | null | undefined): string {
  if (!isNumber(value)) return NOTHING;
  let left = value;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (Math.abs(left) < 1024) return `${digits(left)} ${unit}`;
    left /= 1024;
  }
  return `${digits(left)} TiB`;
}

export const sum = (values: readonly number[]): number =>
  values.reduce((all, each) => all + each, 0);

/** "roc_auc" as "ROC AUC", "f1" as "F1", "error_rate" as "Error rate". */
const NAMES: Record<string, string> = {
  roc_auc: "ROC AUC",
  f1: "F1",
  mae: "MAE",
  rmse: "RMSE",
  mape: "MAPE",
  smape: "sMAPE",
  r2: "R²",
  ndcg: "NDCG",
  map: "MAP",
  mrr: "MRR",
  psi: "PSI",
};

export function named(name: string): string {
  const known = NAMES[name];
  if (known) return known;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
