import { readFileSync } from "node:fs";
import { defineConfig, type Options } from "tsup";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { name: string; version: string; license: string };

/** What every output shares. `scripts/build.mjs` empties dist first: the configs run at once, so none of them may clean it. */
const shared: Options = {
  target: "es2022",
  define: { __VERSION__: JSON.stringify(manifest.version) },
  sourcemap: true,
  clean: false,
  // Node's own modules keep their prefix: without it Deno and some bundlers take them for packages.
  removeNodeProtocol: false,
};

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** zstd is a file of its own, which both page files load from beside them, and only when it is asked for. */
const zstdApart: Plugin = {
  name: "zstd-apart",
  setup(build) {
    build.onResolve({ filter: /\/zstd\.js$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./browser-zstd.js", external: true } : undefined,
    );
  },
};

/** A file for a page without a bundler: one minified module that holds all its dependencies. */
function forPages(name: string, source: string): Options {
  return {
    ...shared,
    entry: { [name]: source },
    format: "esm",
    platform: "browser",
    noExternal: [/./],
    splitting: false,
    esbuildPlugins: [zstdApart],
    minify: true,
    dts: false,
    banner: {
      js: `/*! ${manifest.name} ${manifest.version}, ${manifest.license}, with the MIT-licensed packages it stands on */`,
    },
  };
}

export default defineConfig([
  {
    ...shared,
    entry: { index: "src/index.ts", local: "src/local/index.ts" },
    format: ["esm", "cjs"],
    platform: "neutral",
    external: [/^node:/],
    // In both formats, so that a class that two entries share (`SimulatorError`) is one class for `instanceof`.
    splitting: true,
    treeshake: true,
    dts: {
      // The pages' simulator is described here too: it then shares its types with the others, class for class.
      entry: { index: "src/index.ts", local: "src/local/index.ts", "browser-local": "src/local/browser.ts" },
      // Users whose `lib` doesn't have it yet need not add it for `await using`.
      banner: '/// <reference lib="esnext.disposable" />',
    },
  },
  forPages("browser", "src/index.ts"),
  forPages("browser-local", "src/local/browser.ts"),
  forPages("browser-zstd", "src/codec/zstd.ts"),
]);
