import { type Line, type Retraining, useLog } from "../../api/retraining";
import { Empty } from "../../components/Empty";
import { Panel } from "../../components/Panel";
import { briefly } from "../../components/time";

/** What who trains says, the newest at the foot. */
export function Log({ job }: { job: Retraining }) {
  const lines = useLog(job) ?? [];
  return (
    <Panel title="Log" about="the last 1,000 lines">
      {lines.length ? (
        // Turned round, what scrolls stays at its foot as lines come, until somebody scrolls up.
        <section
          aria-label="Log"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          tabIndex={0}
          style={{
            display: "flex",
            flexDirection: "column-reverse",
            maxHeight: 360,
            overflowY: "auto",
          }}
        >
          <div className="mono">
            {lines.map((each) => (
              <One key={each.id} line={each} attempts={job.attempt} />
            ))}
          </div>
        </section>
      ) : (
        <Empty title={job.ended_at ? "It has said nothing" : "It has said nothing yet"}>
          What your command writes stands here as it comes.
        </Empty>
      )}
    </Panel>
  );
}

function One({ line, attempts }: { line: Line; attempts: number }) {
  return (
    <div style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", padding: "1px 0" }}>
      <span style={{ color: "var(--faint)" }}>
        {briefly(line.at)}
        {attempts > 1 ? ` #${line.attempt}` : ""}
      </span>{" "}
      {line.text}
    </div>
  );
}
