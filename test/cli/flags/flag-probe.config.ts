import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const MOCKED = "test/cli/**/*.mocked.test.ts";

/** Runs the tests of the commands with the flag probe. Used by scripts/flag-tests.mjs only. */
export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  define: { __VERSION__: JSON.stringify("0.0.0-probe") },
  test: {
    setupFiles: ["test/cli/flags/flag-probe.ts"],
    maxWorkers: process.env.TEST_WORKERS ?? "100%",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: "shared", include: ["test/cli/**/*.test.ts"], exclude: [MOCKED], pool: "threads", isolate: false },
      },
      { extends: true, test: { name: "mocked", include: [MOCKED] } },
    ],
  },
});
