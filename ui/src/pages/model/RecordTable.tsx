import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { Logged } from "../../api/records";
import { short } from "../../charts/heat";
import { named } from "../../components/numbers";
import { briefly, exactly } from "../../components/time";
import type { RecordKind } from "../../search";
import { answerOf, at, truthOf, words } from "./record";

const ROW = 36;
const NEAR = 30;

interface Props {
  rows: readonly Logged[];
  columns: readonly string[];
  kind: RecordKind;
  picked: string | undefined;
  isMore: boolean;
  /** The end is near. */
  onEnd: () => void;
  onPick: (id: string) => void;
}

/** As many rows as there is place for are drawn, however many there are. */
export function RecordTable({ rows, columns, kind, picked, isMore, onEnd, onPick }: Props) {
  const holder = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => holder.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const isNear = isMore && last > rows.length - NEAR;
  useEffect(() => {
    if (isNear) onEnd();
  });
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const answer = { predictions: answerOf, labels: truthOf, feedback: null, explanations: null }[
    kind
  ];
  const width = 300 + (answer ? 110 : 0) + columns.length * 130;
  const span = columns.length + (answer ? 3 : 2);
  return (
    <section
      ref={holder}
      className="scroll"
      aria-label="Rows"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      style={{ height: "max(320px, calc(100vh - 330px))", overflowY: "auto" }}
    >
      <table
        className="rows cells"
        aria-rowcount={rows.length}
        style={{ width: `max(100%, ${width}px)` }}
      >
        <colgroup>
          <col style={{ width: 150 }} />
          <col style={{ width: 150 }} />
          {answer ? <col style={{ width: 110 }} /> : null}
          {columns.map((each) => (
            <col key={each} style={{ width: 130 }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th>Time</th>
            <th>Prediction</th>
            {answer ? <th>{kind === "labels" ? "Truth" : "Answer"}</th> : null}
            {columns.map((each) => (
              <th key={each} className={sideOf(rows, each)} title={each}>
                {title(each)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 ? <Gap height={before} span={span} /> : null}
          {items.map(({ index, key }) => {
            const row = rows[index] as Logged;
            const id = String(row.prediction_id ?? "");
            return (
              <tr
                key={key}
                data-open
                data-at={id !== "" && id === picked}
                tabIndex={0}
                onClick={() => onPick(id)}
                onKeyDown={(event) => event.key === "Enter" && onPick(id)}
                style={{ height: ROW }}
              >
                <td title={exactly(String(row.timestamp))}>{briefly(String(row.timestamp))}</td>
                <td className="mono">{id}</td>
                {answer ? <td>{answer(row)}</td> : null}
                {columns.map((each) => {
                  const told = words(at(row, each));
                  return (
                    <td key={each} className={sideOf(rows, each)} title={told}>
                      {told}
                    </td>
                  );
                })}
              </tr>
            );
          })}
          {after > 0 ? <Gap height={after} span={span} /> : null}
        </tbody>
      </table>
    </section>
  );
}

const Gap = ({ height, span }: { height: number; span: number }) => (
  <tr aria-hidden>
    <td colSpan={span} style={{ height, padding: 0, border: 0 }} />
  </tr>
);

const title = (column: string): string => (column.includes(".") ? short(column) : named(column));

/** Numbers stand right; what a column is, its first row tells. */
const sideOf = (rows: readonly Logged[], column: string): string | undefined =>
  rows[0] && typeof at(rows[0], column) === "number" ? "number" : undefined;
