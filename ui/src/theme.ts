import { createTheme, type MantineColorsTuple } from "@mantine/core";

const tide: MantineColorsTuple = [
  "#e6f7f9",
  "#cfeaee",
  "#a0d4dc",
  "#6dbdc9",
  "#46a9b9",
  "#2c9cae",
  "#1b91a4",
  "#0b7285",
  "#06606f",
  "#014b58",
];

export const theme = createTheme({
  primaryColor: "tide",
  primaryShade: 7,
  colors: { tide },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, monospace",
  defaultRadius: "md",
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.375rem" }, h2: { fontSize: "1rem" } },
  },
  cursorType: "pointer",
});
