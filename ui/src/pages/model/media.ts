/** Which files can be a reference, by how their names end. */

const MEDIA: Record<string, string> = {
  csv: "text/csv",
  parquet: "application/vnd.apache.parquet",
  arrow: "application/vnd.apache.arrow.stream",
  arrows: "application/vnd.apache.arrow.stream",
};

export const ACCEPTED = Object.keys(MEDIA)
  .map((each) => `.${each}`)
  .join(",");

export const mediaOf = (file: string): string | null =>
  MEDIA[file.slice(file.lastIndexOf(".") + 1).toLowerCase()] ?? null;
