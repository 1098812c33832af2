import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Each picture by itself, as `npm run dev` shows at /examples.html and tests look at.
export default defineConfig({
  plugins: [react()],
  base: "./",
  publicDir: false,
  build: {
    outDir: "../build/examples",
    emptyOutDir: true,
    chunkSizeWarningLimit: 900,
    rolldownOptions: { input: "examples.html" },
  },
});
