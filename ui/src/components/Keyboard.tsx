import { Kbd, Modal, Table } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { PLACES } from "./places";

const KEYS: [string, string][] = [
  ["/", "find a model or page"],
  ["j, k", "next and previous row; Enter opens it"],
  ...PLACES.map(({ key, name }): [string, string] => [`g ${key}`, `go to ${name.toLowerCase()}`]),
  ["?", "these keys"],
];
const CHORD_MS = 900;

/** Keys that work on every page. */
export function Keyboard() {
  const go = useNavigate();
  const [isOpen, { toggle, close }] = useDisclosure();
  useHotkeys([["shift+?", toggle]]);
  useHotkeys([
    ["j", () => step(1)],
    ["k", () => step(-1)],
  ]);
  useEffect(() => {
    let begun = 0;
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return;
      const isChord = Date.now() - begun < CHORD_MS;
      begun = event.key === "g" ? Date.now() : 0;
      if (!isChord) return;
      const place = PLACES.find(({ key }) => key === event.key);
      if (place) go({ to: place.to });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [go]);
  return (
    <Modal opened={isOpen} onClose={close} title="Keys" size="sm">
      <Table
        data={{ body: KEYS.map(([keys, what]) => [<Kbd key={keys}>{keys}</Kbd>, what]) }}
        withRowBorders={false}
      />
    </Modal>
  );
}

/** From one row of the page's table to the next. */
function step(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-open]")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
