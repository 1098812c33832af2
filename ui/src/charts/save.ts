/** A picture, or the rows that it is of, as a file. */

type Row = Record<string, unknown>;

export function saveCsv(rows: Row[], title: string): void {
  save(new Blob([csv(rows)], { type: "text/csv" }), `${named(title)}.csv`);
}

export function saveSvg(svg: SVGSVGElement | null, title: string): void {
  if (svg) save(new Blob([alone(svg)], { type: "image/svg+xml" }), `${named(title)}.svg`);
}

export function savePng(svg: SVGSVGElement | null, title: string): void {
  if (!svg) return;
  const scale = 2;
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = svg.clientWidth * scale;
    canvas.height = svg.clientHeight * scale;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => blob && save(blob, `${named(title)}.png`));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(alone(svg))}`;
}

/** Text that a spreadsheet takes for a formula gets a mark in front of it (OWASP). */
export function csv(rows: Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return `${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r\0]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Colours come from the page's variables, which a file does not have. */
function alone(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const look = getComputedStyle(document.documentElement);
  const text = new XMLSerializer().serializeToString(copy);
  const ink = getComputedStyle(svg).color;
  return text
    .replace(
      /var\((--[\w-]+)\)/g,
      (_whole, name: string) => look.getPropertyValue(name).trim() || ink,
    )
    .replaceAll("currentColor", ink);
}

const named = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\w]+/g, "-")
    .slice(0, 80);

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
