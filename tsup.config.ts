import { readFileSync } from "node:fs";
import { defineConfig, type Options } from "tsup";
import { PAGE_PARTS } from "./scripts/pages.mjs";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { name: string; version: string; license: string };

/** What every output shares. `scripts/build.mjs` empties dist first: the configs run at once, so none of them may clean it. */
const shared: Options = {
  target: "es2022",
  define: { __VERSION__: JSON.stringify(manifest.version), __FOR_PAGES__: "false" },
  sourcemap: true,
  clean: false,
  // Node's own modules keep their prefix: without it Deno and some bundlers take them for packages.
  removeNodeProtocol: false,
};

/** What scripts/build.mjs asks for: all, or no more than Node.js needs to run it. */
const isWhole = process.env.BUILD_EXTENT !== "runnable";

const nodeFiles: Options[] = [
  {
    ...shared,
    entry: { index: "src/index.ts", local: "src/local/index.ts" },
    format: ["esm", "cjs"],
    platform: "neutral",
    external: [/^node:/],
    // In both formats, so that a class that two entries share (`SimulatorError`) is one class for `instanceof`.
    splitting: true,
    treeshake: true,
    dts: isWhole && {
      // The page files are described here too: they then share their types with the others, class for class.
      entry: {
        index: "src/index.ts",
        local: "src/local/index.ts",
        react: "src/react/index.ts",
        browser: "src/browser.ts",
        "browser-local": "src/local/in-page/index.ts",
        "browser-worker": "src/worker/index.ts",
      },
      // Users whose `lib` doesn't have it yet need not add it for `await using`.
      banner: '/// <reference lib="esnext.disposable" />',
    },
  },
  {
    // The hooks, in one file: of the other entries they need types alone (.dependency-cruiser.cjs holds that), so no class of
    // theirs is here a second time. Server frameworks tell by its first line that it belongs into the page.
    ...shared,
    entry: { react: "src/react/index.ts" },
    format: ["esm", "cjs"],
    platform: "neutral",
    splitting: false,
    dts: false,
    banner: { js: '"use client";' },
  },
  {
    // The commands, in one file that shares nothing with the entries: what it is made of may be Node.js' own, and theirs may not.
    ...shared,
    entry: { cli: "src/cli/index.ts" },
    format: "esm",
    platform: "node",
    splitting: false,
    treeshake: true,
    dts: false,
  },
];

/** What scripts/pages.mjs bundles: file by file, for how it is cut up is decided there. */
const pageParts: Options = {
  ...shared,
  entry: ["src/**/*.ts", "!src/**/*.d.ts"],
  outDir: PAGE_PARTS,
  define: { ...shared.define, __FOR_PAGES__: "true" },
  format: "esm",
  platform: "browser",
  bundle: false,
  dts: false,
  // Names private members anew in each class, which terser does for all classes together: gzip finds more that is alike.
  esbuildOptions: (options) => {
    options.minifyIdentifiers = true;
  },
};

export default defineConfig(isWhole ? [...nodeFiles, pageParts] : nodeFiles);
