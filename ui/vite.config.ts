import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` asks a server that runs beside it: `tidegauge serve --dev`.
const SERVER = process.env.TIDEGAUGE_URL ?? "http://127.0.0.1:8712";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/tidegauge/web/ui",
    emptyOutDir: true,
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/api": SERVER, "/health": SERVER } },
});
