import { ActionIcon, Menu } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import * as Plot from "@observablehq/plot";
import { IconDownload } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { Empty } from "../components/Empty";
import { Panel } from "../components/Panel";
import { saveCsv, savePng, saveSvg } from "./save";

type Row = Record<string, unknown>;

interface Props {
  title: string;
  /** What is measured, and in what. */
  unit: string;
  /** What the picture shows, for whoever cannot see it. */
  summary: string;
  rows: Row[];
  height?: number;
  empty: { title: string; why?: string };
  /** The marks and scales, for a width. */
  draw: (width: number) => Plot.PlotOptions;
  onPick?: (row: Row) => void;
}

const NONCE = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

/** A picture of rows, which can be saved as it is or as its rows. */
export function Chart(props: Props) {
  const { title, unit, summary, rows, height = 220, empty } = props;
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
          <Picture {...props} height={height} />
        ) : (
          <Empty title={empty.title}>{empty.why}</Empty>
        )}
      </div>
      <span hidden>{summary}</span>
    </Panel>
  );
}

function Picture({ draw, height = 220, summary, onPick }: Props) {
  const { ref, width } = useElementSize();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!width || !place.current) return;
    const made = Plot.plot({
      width,
      height,
      style: { fontFamily: "inherit", fontSize: "11px", background: "none" },
      ...draw(width),
      ariaLabel: summary,
    });
    // A style of its own is one that the page's policy must know.
    for (const style of made.querySelectorAll("style")) style.setAttribute("nonce", NONCE);
    // A picture is told as a whole: its marks have no role that a name could be of.
    made.setAttribute("role", "img");
    for (const mark of made.querySelectorAll("g[aria-label]")) mark.removeAttribute("aria-label");
    if (onPick) made.addEventListener("click", () => made.value && onPick(made.value as Row));
    place.current.replaceChildren(made);
    return () => made.remove();
  }, [width, height, draw, summary, onPick]);
  return (
    <div ref={ref} className="chart" style={{ minHeight: height }}>
      <div ref={place} />
    </div>
  );
}
