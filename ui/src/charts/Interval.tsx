import { digits } from "../components/numbers";

interface Props {
  value: number | null;
  low: number | null;
  high: number | null;
  /** A line that it should not cross. */
  limit?: number;
  /** From where to where the axis goes. */
  from: number;
  to: number;
  colour: string;
  label: string;
  width?: number;
}

const HEIGHT = 18;
const PAD = 5;

/** A figure and where it lies, as small as a word. */
export function Interval({ value, low, high, limit, from, to, colour, label, width = 150 }: Props) {
  const at = (each: number): number => {
    const share = (each - from) / (to - from || 1);
    return PAD + Math.min(Math.max(share, 0), 1) * (width - 2 * PAD);
  };
  if (value === null) return null;
  return (
    <svg width={width} height={HEIGHT} role="img" aria-label={label} display="block">
      <title>{label}</title>
      <line x1={PAD} x2={width - PAD} y1={HEIGHT / 2} y2={HEIGHT / 2} stroke="var(--edge)" />
      {limit === undefined ? null : (
        <line
          x1={at(limit)}
          x2={at(limit)}
          y1={1}
          y2={HEIGHT - 1}
          stroke="var(--faint)"
          strokeDasharray="2 2"
        >
          <title>limit {digits(limit)}</title>
        </line>
      )}
      {low === null || high === null ? null : (
        <line
          x1={at(low)}
          x2={at(high)}
          y1={HEIGHT / 2}
          y2={HEIGHT / 2}
          stroke={colour}
          strokeWidth={3}
          strokeLinecap="round"
          opacity={0.55}
        />
      )}
      <circle cx={at(value)} cy={HEIGHT / 2} r={4} fill={colour} />
    </svg>
  );
}
