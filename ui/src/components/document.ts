/** A document as people write it: YAML, and the line of whatever the server finds wrong in it. */
import { isMap, isNode, isSeq, LineCounter, parseDocument, stringify } from "yaml";
import type { Fault } from "../api/client";
import type { Document } from "../api/monitors";

export interface Read {
  document: Document | null;
  /** What makes it no document, in words. */
  wrong: string | null;
  lineOf: (pointer: string) => number | null;
}

export const written = (document: Document): string =>
  stringify(document, { lineWidth: 100, collectionStyle: "any" });

export function read(text: string): Read {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = parsed.errors;
  const lineAt = (place: number) => lines.linePos(place).line;
  const nowhere = () => null;
  if (error)
    return {
      document: null,
      wrong: `Line ${lineAt(error.pos[0])}: ${error.message}`,
      lineOf: nowhere,
    };
  if (!isMap(parsed.contents))
    return { document: null, wrong: "It must be fields with their values.", lineOf: nowhere };
  const lineOf = (pointer: string): number | null => {
    let node: unknown = parsed.contents;
    let line: number | null = null;
    for (const step of steps(pointer)) {
      const next: unknown = isSeq(node)
        ? node.get(Number(step), true)
        : isMap(node)
          ? node.get(step, true)
          : undefined;
      if (!isNode(next)) break;
      if (next.range) line = lineAt(next.range[0]);
      node = next;
    }
    return line;
  };
  return { document: parsed.toJS() as Document, wrong: null, lineOf };
}

export const worded = (fault: Fault, lineOf: Read["lineOf"]): string => {
  const line = lineOf(fault.pointer);
  const field = steps(fault.pointer).at(-1);
  return [line ? `Line ${line}` : null, field, fault.detail].filter(Boolean).join(", ");
};

const steps = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
