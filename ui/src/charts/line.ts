/** The path of a sparkline. */

export interface Line {
  path: string;
  area: string | null;
  last: [number, number] | null;
}

const PAD = 2;

export function line(
  values: readonly (number | null)[],
  width: number,
  height: number,
  fromZero: boolean,
): Line {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length === 0) return { path: "", area: null, last: null };
  const low = fromZero ? 0 : Math.min(...known);
  const high = Math.max(...known);
  const step = (width - 2 * PAD) / Math.max(values.length - 1, 1);
  const at = (value: number): number =>
    high > low ? height - PAD - ((value - low) / (high - low)) * (height - 2 * PAD) : height / 2;
  let path = "";
  let last: [number, number] | null = null;
  let isOn = false;
  values.forEach((value, place) => {
    if (value === null || !Number.isFinite(value)) {
      isOn = false;
      return;
    }
    last = [round(PAD + place * step), round(at(value))];
    path += `${isOn ? "L" : "M"}${last[0]},${last[1]}`;
    isOn = true;
  });
  const isWhole = known.length === values.length && values.length > 1;
  const end = round(PAD + (values.length - 1) * step);
  const area = fromZero && isWhole ? `${path}L${end},${height}L${PAD},${height}Z` : null;
  return { path, area, last };
}

const round = (value: number): number => Math.round(value * 100) / 100;
