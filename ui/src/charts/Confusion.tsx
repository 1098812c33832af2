import type { Shown } from "../api/client";
import { Empty } from "../components/Empty";
import { percent, whole } from "../components/numbers";
import { Panel } from "../components/Panel";

const MOST = 12;

/** What was said against what was true: shares of each row, so that a rare class is seen too. */
export function Confusion({ cells }: { cells: Shown["Cell"][] }) {
  const totals = new Map<string, number>();
  for (const each of cells) totals.set(each.actual, (totals.get(each.actual) ?? 0) + each.count);
  const names = [...new Set(cells.flatMap((each) => [each.actual, each.predicted]))]
    .sort((a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0))
    .slice(0, MOST);
  const counts = new Map(
    cells.map((each) => [JSON.stringify([each.actual, each.predicted]), each.count]),
  );
  return (
    <Panel title="Confusion" about="Rows: what was true. Columns: what was said.">
      {names.length ? (
        <div className="scroll">
          <table className="rows" style={{ width: "auto" }}>
            <thead>
              <tr>
                <th />
                {names.map((name) => (
                  <th key={name} className="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {names.map((actual) => (
                <tr key={actual}>
                  <th scope="row">{actual}</th>
                  {names.map((said) => {
                    const count = counts.get(JSON.stringify([actual, said])) ?? 0;
                    const share = count / (totals.get(actual) || 1);
                    const colour = actual === said ? "var(--series)" : "var(--other)";
                    return (
                      <td
                        key={said}
                        className="number"
                        title={`${whole(count)} of ${whole(totals.get(actual))}`}
                        style={{
                          background: `color-mix(in srgb, ${colour} ${Math.round(share * 28)}%, transparent)`,
                        }}
                      >
                        {percent(share)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Empty title="There are no classes to confuse" />
      )}
    </Panel>
  );
}
