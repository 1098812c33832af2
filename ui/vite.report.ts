import { defineConfig } from "vite";

// The pictures alone, in one file that a report takes into itself.
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../src/tidegauge/report/built",
    emptyOutDir: true,
    target: "es2022",
    lib: {
      entry: "src/report.ts",
      formats: ["iife"],
      name: "tidegauge",
      fileName: () => "charts.js",
    },
  },
});
