import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { CHROMIUM_FLAGS, findChromium } from "./scripts/chromium.mjs";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

/** The dashboard imports dist; its unit tests use the sources instead, and need no build. */
const DIST_AS_SOURCES = Object.entries({ browser: "index.ts", "browser-local": "local/in-page/index.ts" });

const WEB = "e2e/{dashboard,react}*.test.ts";
const E2E = {
  globalSetup: ["scripts/e2e-setup.mjs"],
  // Playwright and node-pty are loaded once, and not once a file.
  isolate: false,
  testTimeout: 60_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  define: { __VERSION__: JSON.stringify(version) },
  test: {
    attachmentsDir: "reports/attachments",
    // By default one core is left free, which of two is half. scripts/test.mjs runs two of these at once.
    maxWorkers: process.env.TEST_WORKERS ?? "100%",
    projects: [
      {
        extends: true,
        resolve: {
          alias: DIST_AS_SOURCES.map(([name, source]) => ({
            find: new RegExp(`^.*/dist/${name}\\.js$`),
            replacement: fileURLToPath(new URL(`src/${source}`, import.meta.url)),
          })),
        },
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.{browser,mocked}.test.ts"],
          testTimeout: 20_000,
          // The sources are loaded once a worker, not once a file: a third of the time.
          pool: "threads",
          isolate: false,
        },
      },
      {
        extends: true,
        // A module that is mocked would be mocked for all files of a worker.
        test: { name: "unit-mocked", include: ["test/**/*.mocked.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "types",
          include: [],
          // The sources' own errors are the business of `npm run check`; these tests tell what users' code may and may not say.
          typecheck: {
            enabled: true,
            only: true,
            include: ["test/types/**/*.test-d.ts"],
            tsconfig: "test/types/tsconfig.json",
            ignoreSourceErrors: true,
          },
        },
      },
      {
        extends: true,
        // Found only while a test runs, they would be bundled then, and the page reloaded.
        optimizeDeps: { include: ["react", "react/jsx-dev-runtime", "react-dom/client", "eventemitter3", "valibot"] },
        test: {
          name: "browser",
          // In Chromium, through Vite, from the sources: NAME.browser.test.ts(x) there only, NAME.both.test.ts in Node too.
          include: ["test/**/*.browser.test.{ts,tsx}", "test/**/*.both.test.ts"],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                args: CHROMIUM_FLAGS,
                // Read when the browser is launched: the other projects needn't wait for the search.
                get executablePath() {
                  return findChromium()?.path;
                },
              },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
      {
        extends: true,
        test: {
          ...E2E,
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          exclude: [WEB, "e2e/browsers/**"],
        },
      },
      {
        extends: true,
        // What is made with the package, for people to look at: `npm run test:web`.
        test: { ...E2E, name: "demos", include: [WEB] },
      },
      // The same tests in each, for scripts/test-browsers.mjs alone: `npm test` names the projects above.
      ...["firefox", "webkit"].map((name) => ({
        extends: true as const,
        test: {
          name,
          include: ["e2e/browsers/**/*.test.ts"],
          env: { SMOKE_BROWSER: name },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      })),
    ],
  },
});
