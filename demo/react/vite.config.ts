import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // A relative base, so that the page can be served from any folder.
  base: "./",
});
