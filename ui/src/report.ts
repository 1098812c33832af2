/** The pictures of a report that is a file: each figure names what draws it, and holds what it is
 * drawn of.  They are the dashboard's, without the dashboard. */

import type { Explained } from "./api/explanations";
import type { Drift } from "./api/model";
import { calibration } from "./charts/calibration";
import { confusion } from "./charts/confusion";
import { distributions } from "./charts/distributions";
import { type Drawing, plotted } from "./charts/drawing";
import { drift } from "./charts/drift";
import { groups } from "./charts/groups";
import { ranked } from "./charts/heat";
import { importance } from "./charts/importance";
import { moved } from "./charts/moved";
import { performance } from "./charts/performance";
import { errors, latency, throughput } from "./charts/traffic";
import { weights } from "./charts/weights";

const MOST = 25;

const DRAWN = {
  calibration,
  confusion,
  distributions,
  drift: (found: Drift, metric: string) =>
    drift(
      found,
      ranked(found)
        .slice(0, MOST)
        .map((each) => each.feature),
      metric,
    ),
  errors,
  groups,
  importance: (features: Explained[], against: string) =>
    importance(weights(features, MOST), against),
  latency,
  moved,
  performance,
  throughput,
} as unknown as Record<string, ((...of: unknown[]) => Drawing) | undefined>;

const script = document.currentScript;
// A notebook may put an output into a shadow tree of its own.
const scope = (script?.getRootNode() ?? document) as ParentNode;
for (const figure of scope.querySelectorAll<HTMLElement>("figure[data-chart]")) {
  // A property, not an attribute: an attribute would be saved with the page.
  if (!("drawn" in figure)) show(Object.assign(figure, { drawn: true }));
}

/** Draws it where it is seen, as wide as there is room; until then stands what the page says. */
function show(figure: HTMLElement): void {
  const place = figure.querySelector<HTMLElement>(".tg-drawn");
  if (!place) return;
  let drawing: Drawing | undefined;
  let width = 0;
  const draw = (): void => {
    // What is folded has no width, and is drawn when it opens.
    const now = place.clientWidth;
    if (!now || now === width) return;
    width = now;
    drawing ??= drawingOf(figure);
    if (drawing?.rows.length) place.replaceChildren(plotted(drawing, width));
    else if (drawing) place.textContent = drawing.empty.title;
  };
  new ResizeObserver(draw).observe(place);
  // Paper shows what was never scrolled to.
  addEventListener("beforeprint", draw);
}

function drawingOf(figure: HTMLElement): Drawing | undefined {
  const draw = DRAWN[figure.dataset.chart ?? ""];
  const data = figure.querySelector("script")?.textContent;
  if (!draw || !data) return undefined;
  const drawing = draw(...(JSON.parse(data) as unknown[]));
  const caption = figure.querySelector("figcaption");
  if (caption && !caption.textContent?.trim()) {
    const unit = Object.assign(document.createElement("span"), {
      className: "tg-unit",
      textContent: drawing.unit,
    });
    caption.append(`${drawing.title} `, unit);
  }
  return drawing;
}
