import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { CHROMIUM_FLAGS, findChromium } from "./scripts/chromium.mjs";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

/** The dashboard imports dist; its unit tests use the sources instead, and need no build. */
const DIST_AS_SOURCES = Object.entries({
  browser: "index.ts",
  "browser-compare": "compare/index.ts",
  "browser-explain": "explain/index.ts",
  "browser-local": "local/in-page/index.ts",
});

const WEB = "e2e/{dashboard,react}*.test.ts";
const E2E = {
  globalSetup: ["scripts/e2e-setup.mjs"],
  // Loads Playwright and node-pty once, not for each file.
  isolate: false,
};

/** Bundled in advance. Otherwise Vite finds these packages during a test, and reloads the page. */
const BUNDLED = { include: ["react", "react/jsx-dev-runtime", "react-dom/client", "eventemitter3", "valibot"] };

/** Runs the tests of a project in Chromium. Returns new objects, because vitest writes the name of the project into them. */
function inChromium() {
  return {
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          args: CHROMIUM_FLAGS,
          // Read when the browser is launched, so that the other projects do not wait for the search.
          get executablePath() {
            return findChromium()?.path;
          },
        },
      }),
      instances: [{ browser: "chromium" as const }],
    },
  };
}

export default defineConfig({
  define: { __VERSION__: JSON.stringify(version) },
  test: {
    attachmentsDir: "reports/attachments",
    // Only a test that hangs reaches these limits. On a busy machine, a test takes ten times as long as on an idle one.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    // The default leaves one core free, which is half of two.
    maxWorkers: "100%",
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
          // Loads the sources once per worker, not for each file, which takes a third of the time.
          pool: "threads",
          isolate: false,
        },
      },
      {
        extends: true,
        // Isolated, because a mocked module would be mocked for all files of a worker.
        test: { name: "unit-mocked", include: ["test/**/*.mocked.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "types",
          include: [],
          // `npm run check` reports errors of the sources. These tests check which user code compiles.
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
        optimizeDeps: BUNDLED,
        test: {
          name: "browser",
          // In Chromium, through Vite, from the sources: NAME.browser.test.ts(x) there only, NAME.both.test.ts in Node too.
          include: ["test/**/*.browser.test.{ts,tsx}", "test/**/*.both.test.ts"],
          ...inChromium(),
        },
      },
      {
        extends: true,
        // The tests of the hooks with React 18: `npm run test:web`.
        optimizeDeps: BUNDLED,
        // A cache of its own, because the other project bundles React 19 under the same names.
        cacheDir: "node_modules/.vite-react-18",
        resolve: {
          alias: [
            { find: /^react(?=$|\/)/, replacement: "react-18" },
            { find: /^react-dom(?=$|\/)/, replacement: "react-dom-18" },
          ],
        },
        test: {
          name: "demos-react-18",
          include: ["test/react/use-*.browser.test.tsx"],
          ...inChromium(),
          provide: { reactMajor: "18" },
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
        // The dashboard and the React app: `npm run test:web`.
        // A browser may fail on a busy machine, so a failed test is repeated once. scripts/test.mjs lists the tests that needed it.
        test: { ...E2E, name: "demos", include: [WEB], retry: 1, testTimeout: 480_000 },
      },
      // Tests that take minutes: `npm run test:slow`.
      {
        extends: true,
        test: {
          ...E2E,
          name: "slow",
          include: ["{test,e2e}/**/*.slow.ts"],
          exclude: ["test/**/*.browser.slow.ts"],
          testTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        optimizeDeps: BUNDLED,
        test: {
          name: "slow-browser",
          sequence: { groupOrder: 1 },
          include: ["test/**/*.browser.slow.ts"],
          testTimeout: 600_000,
          ...inChromium(),
        },
      },
      // The same tests in each browser, for scripts/test-browsers.mjs only.
      ...["firefox", "webkit"].map((name) => ({
        extends: true as const,
        test: {
          name,
          include: ["e2e/browsers/**/*.test.ts"],
          env: { SMOKE_BROWSER: name },
        },
      })),
    ],
  },
});
