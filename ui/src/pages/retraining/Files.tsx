import { Text } from "@mantine/core";
import { type Artifact, useArtifacts } from "../../api/artifacts";
import { Empty } from "../../components/Empty";
import { Moment } from "../../components/Moment";
import { bytes, digits, named, short, whole } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { Scroll } from "../../components/Scroll";
import { spanOf } from "../../components/time";

const FIGURES = 3;

/** The versions of a model whose files are known: what they are, who uses them, why they are kept. */
export function Files({ modelId }: { modelId: string }) {
  const found = useArtifacts(modelId);
  return (
    <Panel title="Files of its versions" about="told by jobs, and by tidegauge artifacts add" flush>
      {found.length ? (
        <Scroll name="Versions" height={320}>
          <table className="rows">
            <thead>
              <tr>
                <th>Version</th>
                <th>Trained</th>
                <th className="number">Size</th>
                <th>As its training measured it</th>
                <th className="number">Predictions, 7 d</th>
                <th>Kept because</th>
              </tr>
            </thead>
            <tbody>
              {found.map((each) => (
                <One key={each.version} artifact={each} />
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : (
        <Empty title="No file of a version is known">
          A job that has trained one tells where it lies, or you do, with tidegauge artifacts add.
        </Empty>
      )}
    </Panel>
  );
}

function One({ artifact }: { artifact: Artifact }) {
  const { training_seconds: took, trained_at: at, use } = artifact;
  const figures = Object.entries(artifact.metrics).slice(0, FIGURES);
  return (
    <tr>
      <td title={artifact.uri} style={{ overflowWrap: "anywhere" }}>
        {artifact.version}
      </td>
      <td>
        {at ? <Moment at={at} /> : "—"}
        {took === null ? null : (
          <Text size="xs" c="dimmed">
            in {spanOf(took)}
          </Text>
        )}
      </td>
      <td className="number">{bytes(artifact.size_bytes)}</td>
      <td style={{ overflowWrap: "anywhere" }}>
        {figures.map(([name, value]) => `${named(name)} ${digits(value)}`).join(", ") || "—"}
      </td>
      <td className="number" title={whole(use.predictions_7d)}>
        {short(use.predictions_7d)}
      </td>
      <td>{why(artifact)}</td>
    </tr>
  );
}

function why({ state, is_spare: isSpare, reason }: Artifact): string {
  if (state === "gone") return "gone";
  if (state === "removing") return "being removed";
  return isSpare ? "nobody needs it: it may go" : reason;
}
