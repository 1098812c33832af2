import { Button, Loader, Text } from "@mantine/core";
import { IconZoomScan } from "@tabler/icons-react";
import { Suspense } from "react";
import { useFound } from "../../api/model";
import { Empty } from "../../components/Empty";
import { Part } from "../../components/Fallback";
import { percent, short } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { useChange, useModelSearch, usePart, useSpanName } from "./part";

/** Values and ranges, of one column or two, in which the model is wrong more often. */
export function Slices() {
  const { slices } = useModelSearch();
  const set = useChange();
  return (
    <Panel
      title="Where it is wrong"
      about="Slices that nobody declared, found in the rows"
      actions={
        slices ? null : (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconZoomScan size={14} />}
            onClick={() => set({ slices: true })}
          >
            Look for slices
          </Button>
        )
      }
      flush
    >
      {slices ? (
        <Part>
          <Suspense
            fallback={
              <Empty title="Looking through the rows">
                <Loader size="sm" type="dots" aria-label="Loading" role="status" />
              </Empty>
            }
          >
            <Found />
          </Suspense>
        </Part>
      ) : (
        <Empty title="It takes some seconds">
          Half of the rows find slices, and the other half says how much is wrong there.
        </Empty>
      )}
    </Panel>
  );
}

function Found() {
  const { found } = useFound(usePart(), useSpanName());
  if (!found?.slices.length)
    return (
      <Empty title="There is none that is surely worse">
        {found?.sentence ?? "Labels are needed to tell what is wrong."}
      </Empty>
    );
  return (
    <>
      <Text size="sm" px="md" pb="sm">
        {found.sentence}
      </Text>
      <div className="scroll">
        <table className="rows">
          <thead>
            <tr>
              <th>Slice</th>
              <th className="number">Wrong</th>
              <th className="number">All others</th>
              <th className="number">Of all rows</th>
              <th className="number" title="What is wrong there beyond what is wrong elsewhere">
                Too many, of all errors
              </th>
              <th className="number">Labels</th>
            </tr>
          </thead>
          <tbody>
            {found.slices.map((each) => (
              <tr key={each.what}>
                <td style={{ minWidth: 180, overflowWrap: "anywhere" }}>{each.what}</td>
                <td className="number">{percent(each.error_rate)}</td>
                <td className="number">{percent(each.error_rate_others)}</td>
                <td className="number">{percent(each.part)}</td>
                <td className="number">{percent(each.share)}</td>
                <td className="number">{short(each.labelled)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.is_complete ? null : (
        <Text size="xs" c="dimmed" px="md" py={8}>
          There was no time to look at all pairs of columns.
        </Text>
      )}
    </>
  );
}
