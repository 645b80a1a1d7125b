import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react(), tailwind()],
  build: { target: "safari16", chunkSizeWarningLimit: 2000, assetsInlineLimit: 0 },
  test: { environment: "jsdom", setupFiles: ["src/setup-tests.ts"], css: { include: /\?raw$/ }, testTimeout: 30_000 },
});
