// @ts-check
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "./run.mjs";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/**
 * Bundles a TypeScript file and the sources that it imports into one file for Node.js. The output file must be inside the checkout,
 * so that Node.js finds the packages.
 *
 * @param {string} entry
 * @param {string} outfile
 */
export async function bundleForNode(entry, outfile) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
    sourcemap: "inline",
    external: ["ws", "isomorphic-ws", "litesvm"],
    define: { __VERSION__: JSON.stringify(version) },
  });
}
