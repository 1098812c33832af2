import { line } from "./line";

interface Props {
  values: readonly (number | null)[];
  label: string;
  width?: number;
  height?: number;
  /** From nothing up, as counts are; else from the least to the most. */
  fromZero?: boolean;
}

/** A line of a few points, as small as a word; gaps stay gaps. */
export function Sparkline({ values, label, width = 96, height = 24, fromZero }: Props) {
  const found = line(values, width, height, fromZero ?? false);
  return (
    <svg width={width} height={height} role="img" aria-label={label}>
      <title>{label}</title>
      {found.area ? <path d={found.area} fill="var(--series)" opacity={0.12} /> : null}
      <path
        d={found.path}
        fill="none"
        stroke="var(--series)"
        strokeWidth={1.5}
        strokeLinejoin="round"
      />
      {found.last ? (
        <circle cx={found.last[0]} cy={found.last[1]} r={1.8} fill="var(--series)" />
      ) : null}
    </svg>
  );
}
