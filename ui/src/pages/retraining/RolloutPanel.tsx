import { Stack, Text } from "@mantine/core";
import type { Rollout } from "../../api/retraining";
import { Interval } from "../../charts/Interval";
import { digits, named, whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Scroll } from "../../components/Scroll";
import { rolled, servedOf } from "./told";

/** How the version that is to serve does, against the one before it. */
export function RolloutPanel({ rollout }: { rollout: Rollout }) {
  const found = servedOf(rollout);
  return (
    <Panel title="Rolled out" about={rollout.version}>
      <Stack gap="xs">
        <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
          {rolled(rollout)}
        </Text>
        {rollout.cause ? (
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {rollout.cause}
          </Text>
        ) : null}
        {found ? (
          <Scroll name="Before and after" height={240}>
            <table className="rows">
              <thead>
                <tr>
                  <th>Figure</th>
                  <th className="number">Before{rollout.before ? ` (${rollout.before})` : ""}</th>
                  <th className="number">After ({rollout.version})</th>
                  <th className="number">Labels</th>
                  <th>Better by</th>
                </tr>
              </thead>
              <tbody>
                <tr>
                  <td>{named(found.metric)}</td>
                  <td className="number">{digits(found.before)}</td>
                  <td className="number">{digits(found.after)}</td>
                  <td className="number">{whole(found.labelled)}</td>
                  <td>
                    <Difference low={found.low} high={found.high} />
                  </td>
                </tr>
              </tbody>
            </table>
          </Scroll>
        ) : rollout.served_at ? (
          <Text size="sm" c="dimmed">
            Its figure stands here when predictions of both versions have labels.
          </Text>
        ) : null}
      </Stack>
    </Panel>
  );
}

function Difference({ low, high }: { low: number; high: number }) {
  const reach = Math.max(Math.abs(low), Math.abs(high)) * 1.1;
  const label = `${digits(low)} to ${digits(high)}; below 0 it is worse`;
  return (
    <>
      <Interval
        value={(low + high) / 2}
        low={low}
        high={high}
        limit={0}
        from={-reach}
        to={reach}
        colour="var(--series)"
        label={label}
      />
      <Text size="xs" c="dimmed">
        {label}
      </Text>
    </>
  );
}
