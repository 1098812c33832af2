import { Alert, List, Textarea } from "@mantine/core";
import type { Problem } from "../api/client";
import { type Read, worded } from "./document";

const STALE =
  "Somebody has changed it meanwhile. Copy what you wrote, and open it anew to see theirs.";

interface Props {
  label: string;
  text: string;
  onText: (text: string) => void;
  read: Read;
  /** What the server said of it. */
  problem: Problem | null;
  readOnly?: boolean;
}

/** A document to write, with each fault at its line. */
export function DocumentEditor({ label, text, onText, read, problem, readOnly }: Props) {
  const said = read.wrong
    ? [read.wrong]
    : problem?.faults.length
      ? problem.faults.map((fault) => worded(fault, read.lineOf))
      : problem
        ? [problem.status === 412 ? STALE : problem.message]
        : [];
  return (
    <>
      <Textarea
        aria-label={label}
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        readOnly={readOnly ?? false}
        autosize
        minRows={12}
        maxRows={40}
        spellCheck={false}
        classNames={{ input: "code" }}
      />
      {said.length ? (
        <Alert
          color="red"
          variant="light"
          mt="xs"
          role="alert"
          title={said.length === 1 ? "This is not right yet" : `${said.length} faults`}
        >
          <List size="sm" listStyleType="none">
            {said.map((each) => (
              <List.Item key={each}>{each}</List.Item>
            ))}
          </List>
        </Alert>
      ) : null}
    </>
  );
}
