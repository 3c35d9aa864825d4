import { readFileSync } from "node:fs";
import { minify } from "terser";
import { defineConfig, type Options } from "tsup";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { name: string; version: string; license: string };

/** The default entry of hyparquet reads files of Node.js. Its other entry does not. */
const hyparquetWithoutFiles: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "hyparquet-without-files",
  setup: (build) => {
    build.onResolve({ filter: /^hyparquet$/ }, ({ resolveDir }) =>
      build.resolve("hyparquet/src/index.js", { kind: "import-statement", resolveDir }),
    );
  },
};

/** Options of every build. `scripts/build.mjs` empties dist first: the builds run in parallel, so none of them may clean it. */
const shared: Options = {
  target: "es2022",
  define: { __VERSION__: JSON.stringify(manifest.version) },
  clean: false,
  dts: false,
  // Without the prefix, Deno and some bundlers take Node's own modules for packages.
  removeNodeProtocol: false,
  esbuildPlugins: [hyparquetWithoutFiles],
};

/** BUILD_EXTENT, set by scripts/build.mjs: everything, or only what Node.js needs to run it. */
const isWhole = process.env.BUILD_EXTENT !== "runnable";

/** The entries that work in Node.js and through bundlers. */
const ENTRIES = {
  index: "src/index.ts",
  local: "src/local/index.ts",
  "local-in-page": "src/local/in-page/index.ts",
  compare: "src/compare/index.ts",
  explain: "src/explain/index.ts",
  reroute: "src/reroute/index.ts",
  geyser: "src/geyser/index.ts",
  fleet: "src/fleet/index.ts",
};

const HOOKS = { react: "src/react/index.ts" };

/** Programs for Node.js. They share the chunks of the entries. */
const PROGRAMS = { cli: "src/cli/index.ts", "vm-process": "src/local/engine/vm-process/vm-process-main.ts" };

/** Reduces the size without removing names. Lines stay short, so that a position in a stack trace is useful. */
const compact = (options: Parameters<NonNullable<Options["esbuildOptions"]>>[0]): void => {
  options.minifyWhitespace = true;
  options.minifySyntax = true;
  options.lineLimit = 160;
};

/** Files for Node.js and bundlers, in chunks: the entries share their classes and need less space. */
const inChunks: Options = {
  ...shared,
  platform: "neutral",
  external: [/^node:/],
  splitting: true,
  treeshake: true,
  esbuildOptions: compact,
};

/** The hooks, in one file: they need only types of the other entries (checked by .dependency-cruiser.cjs), so no class is duplicated. */
const hookFiles: Options = {
  ...shared,
  entry: HOOKS,
  platform: "neutral",
  splitting: false,
  esbuildOptions: compact,
  // Server frameworks read "use client" in the first line.
  banner: { js: '"use client";' },
};

const nodeFiles: Options[] = [
  { ...inChunks, entry: { ...ENTRIES, ...PROGRAMS }, format: "esm" },
  {
    ...inChunks,
    entry: ENTRIES,
    format: "cjs",
    esbuildOptions: (options) => {
      compact(options);
      // CommonJS has no `import.meta`. src/local/engine/vm-process/vm-process-entry.ts reads a path or a file URL.
      options.define = { ...options.define, "import.meta.url": "__filename" };
    },
  },
  { ...hookFiles, format: ["esm", "cjs"] },
];

/** The types of all entries, in one run: the entries share their types, class for class. `scripts/build.mjs` writes the .d.ts files. */
const typeFiles: Options = {
  ...shared,
  entry: { ...ENTRIES, ...HOOKS },
  format: "cjs",
  dts: {
    only: true,
    // Members that only this package's own classes use would make its internal types public.
    compilerOptions: { stripInternal: true },
    // For users whose `lib` lacks the types of `await using`.
    banner: '/// <reference lib="esnext.disposable" />',
  },
};

/** A second pass after esbuild's minifier, which saves 2 of 56 kB compressed. It renames no property. */
const terserPass: NonNullable<Options["plugins"]>[number] = {
  name: "terser-pass",
  renderChunk: async (code, { map: esbuildMap }) => {
    const { code: shorter = code, map } = await minify(code, {
      module: true,
      // No getter of the bundled code has a side effect, so an unused property access can be removed.
      // Comparisons keep the order of the source, which compresses better.
      compress: { ecma: 2022, passes: 2, pure_getters: true, lhs_constants: false },
      format: { ecma: 2022, comments: /^!/ },
      // tsup does not combine the source maps of both steps.
      sourceMap: { asObject: true, content: esbuildMap as never },
    });
    return { code: shorter, map: map as object };
  },
};

/** Every page and worker has TextEncoder and TextDecoder. The code for jsdom, which has neither, is left out of the page files. */
const textCodersExist: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "text-coders-exist",
  setup: (build) => {
    build.onLoad({ filter: /\/codec\/utf8\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(/typeof Text(?:En|De)coder === "function"/g, "true"),
      loader: "ts",
    }));
  },
};

/** Files for pages without a bundler: minified, with every dependency inside. */
const pageFiles: Options = {
  ...shared,
  format: "esm",
  platform: "browser",
  splitting: false,
  minify: true,
  // scripts/build.mjs reads the names of the bundled packages from the source maps, and then removes them.
  sourcemap: true,
  esbuildOptions: (options) => {
    options.sourcesContent = false;
  },
  plugins: [terserPass],
  esbuildPlugins: [hyparquetWithoutFiles, textCodersExist],
  noExternal: [/.*/],
  banner: { js: `/*! ${manifest.name} ${manifest.version}, ${manifest.license}. Bundled packages: browser.LICENSES.txt */` },
};

/** The client's error class comes from the file beside: a page that uses both files has one class. */
const errorsFromBrowserFile: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "errors-from-browser-file",
  setup: (build) => {
    build.onResolve({ filter: /\/simulator-error\.js$/ }, () => ({ path: "./browser.js", external: true }));
  },
};

export default defineConfig(
  isWhole
    ? [
        ...nodeFiles,
        typeFiles,
        { ...pageFiles, entry: { browser: "src/index.ts" } },
        {
          ...pageFiles,
          entry: { "browser-local": "src/local/in-page/index.ts" },
          esbuildPlugins: [textCodersExist, errorsFromBrowserFile],
        },
        { ...pageFiles, entry: { "browser-compare": "src/compare/index.ts" } },
        { ...pageFiles, entry: { "browser-explain": "src/explain/index.ts" } },
        { ...pageFiles, entry: { "browser-reroute": "src/reroute/index.ts" } },
      ]
    : nodeFiles,
);
