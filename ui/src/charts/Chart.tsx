import { ActionIcon, Menu } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconDownload } from "@tabler/icons-react";
import { useEffect, useMemo, useRef } from "react";
import { Empty } from "../components/Empty";
import { Panel } from "../components/Panel";
import { type Drawing, plotted, type Row } from "./drawing";
import { saveCsv, savePng, saveSvg } from "./save";

interface Props<Of extends unknown[]> {
  draw: (...of: Of) => Drawing;
  /** Of what: it is drawn again where one of these is another. */
  of: Of;
  onPick?: (row: Row) => void;
}

const NONCE = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

/** A picture of rows, which can be saved as it is or as its rows. */
export function Chart<Of extends unknown[]>({ draw, of, onPick }: Props<Of>) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them is one
  const drawing = useMemo(() => draw(...of), [draw, ...of]);
  const { title, unit, summary, rows, empty } = drawing;
  const holder = useRef<HTMLDivElement>(null);
  const svg = () => holder.current?.querySelector("svg") ?? null;
  const menu = rows.length ? (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Save “${title}”`}>
          <IconDownload size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => savePng(svg(), title)}>Picture (PNG)</Menu.Item>
        <Menu.Item onClick={() => saveSvg(svg(), title)}>Picture (SVG)</Menu.Item>
        <Menu.Item onClick={() => saveCsv(rows, title)}>Numbers (CSV)</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  ) : null;
  return (
    <Panel title={title} about={unit} actions={menu}>
      <div ref={holder}>
        {rows.length ? (
          <Picture drawing={drawing} onPick={onPick} />
        ) : (
          <Empty title={empty.title}>{empty.why}</Empty>
        )}
      </div>
      <span hidden>{summary}</span>
    </Panel>
  );
}

interface Shown {
  drawing: Drawing;
  onPick: ((row: Row) => void) | undefined;
}

function Picture({ drawing, onPick }: Shown) {
  const { ref, width } = useElementSize();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!width || !place.current) return;
    const made = plotted(drawing, width);
    // A style of its own is one that the page's policy must know.
    for (const style of made.querySelectorAll("style")) style.setAttribute("nonce", NONCE);
    if (onPick) made.addEventListener("click", () => made.value && onPick(made.value as Row));
    place.current.replaceChildren(made);
    return () => made.remove();
  }, [width, drawing, onPick]);
  return (
    <div ref={ref} className="chart" style={{ minHeight: drawing.height }}>
      <div ref={place} />
    </div>
  );
}
