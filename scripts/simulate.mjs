// @ts-check
// Builds the simulation of test/simulation and runs it: `npm run simulate -- --seeds 300 --from 1`. See docs/simulation.md.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/**
 * Builds the simulation of a checkout into one file.
 *
 * @param {string} checkout @param {string} outfile
 */
export async function buildSimulation(checkout, outfile) {
  await build({
    entryPoints: [join(checkout, "test/simulation/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
    sourcemap: "inline",
    external: ["ws", "isomorphic-ws", "litesvm"],
    nodePaths: [join(root, "node_modules")],
    define: { __VERSION__: JSON.stringify(version), __FOR_PAGES__: "false" },
  });
}

/**
 * Runs a built simulation. Resolves with its exit code.
 *
 * @param {string} file @param {string[]} args
 * @returns {Promise<number>}
 */
export function runSimulation(file, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--enable-source-maps", file, ...args], { stdio: "inherit", cwd: root });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

// Inside the checkout, so that packages are found from there.
mkdirSync(join(root, "reports"), { recursive: true });
const folder = mkdtempSync(join(root, "reports", "simulation-"));
try {
  const file = join(folder, "simulation.mjs");
  await buildSimulation(root, file);
  process.exitCode = await runSimulation(file, process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
