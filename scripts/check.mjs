// @ts-check
// `npm run check`: runs all gates, also after a failure. Words after `--` select gates: `npm run check -- biome knip`.
// To add a gate, add a row to GATES.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ensureBuilt } from "./build.mjs";
import { checkDocs } from "./docs.mjs";
import { checkFlagTests } from "./flag-tests.mjs";
import { checkLeaks } from "./leaks.mjs";
import { inspectLockfile } from "./lockfile.mjs";
import { checkProse } from "./prose.mjs";
import { checkDocstrings } from "./public-items.mjs";
import { checkImports, checkTypes, checkValues } from "./published.mjs";
import { pack, ROOT, runTool } from "./run.mjs";
import { checkNames } from "./unique-names.mjs";

/** @typedef {{ code: number, output: string, note?: string }} Outcome note: printed if the gate passes */
/** @typedef {{ name: string, holds: string, needs?: "dist" | "tarball", run: (tarball: string) => Outcome | Promise<Outcome> }} Gate */

/** @param {string} packageName @param {string[]} args @param {string} [bin] @returns {Promise<Outcome>} */
const tool = (packageName, args, bin) => runTool(packageName, args, { capture: true, ...(bin === undefined ? {} : { bin }) });

/** The entries for browsers. They are only ES modules, so attw must not check them for `require`. */
const PAGE_ENTRIES = ["./browser", "./browser/local", "./browser/compare", "./browser/explain", "./browser/reroute"];

/** Maximum size of all files of the unpacked package, in MB. */
const UNPACKED_LIMIT_MB = 4;

/** @type {Gate[]} */
const GATES = [
  {
    name: "types",
    holds: "sources, tests and scripts compile",
    needs: "dist",
    run: () => tool("typescript", ["-p", "."], "tsc"),
  },
  { name: "biome", holds: "lint rules and format", run: () => tool("@biomejs/biome", ["check", "--error-on-warnings", "."]) },
  {
    name: "dependency-cruiser",
    holds: "imports follow the arrows of docs/architecture.md",
    run: () => tool("dependency-cruiser", ["--config", ".dependency-cruiser.cjs", "src"], "depcruise"),
  },
  { name: "knip", holds: "no unused file, export or dependency", run: () => tool("knip", []) },
  {
    name: "publint",
    holds: "the package layout is correct",
    needs: "tarball",
    run: (tarball) => tool("publint", ["run", "--strict", tarball]),
  },
  {
    // The profile excludes node10, because no supported version of Node.js uses this module resolution.
    name: "attw",
    holds: "types resolve by import and by require",
    needs: "tarball",
    run: (tarball) => attw(tarball, "--profile", "node16", "--exclude-entrypoints", ...PAGE_ENTRIES),
  },
  {
    name: "attw-pages",
    holds: "types of the page files resolve by import",
    needs: "tarball",
    run: (tarball) => attw(tarball, "--profile", "esm-only", "--entrypoints", ...PAGE_ENTRIES),
  },
  { name: "published-imports", holds: "dist imports only dependencies of its users", needs: "dist", run: checkImports },
  { name: "published-types", holds: "the types of dist compile without other types", needs: "dist", run: checkTypes },
  { name: "published-values", holds: "the types of each entry declare what its module exports", needs: "dist", run: checkValues },
  { name: "unique-names", holds: "a file name occurs once in the repository", run: checkNames },
  { name: "size-limit", holds: "the browser file is within its size limit", needs: "dist", run: () => tool("size-limit", []) },
  {
    name: "flags",
    holds: "each flag of the commands has a test, listed in reports/flag-tests.txt",
    needs: "dist",
    run: checkFlagTests,
  },
  {
    name: "package-size",
    holds: `the package has at most ${UNPACKED_LIMIT_MB} MB unpacked`,
    needs: "tarball",
    run: checkPackageSize,
  },
  { name: "docs", holds: "the generated pages of docs/ show the current sources", run: checkDocs },
  {
    name: "docstrings",
    holds: "each public item has a docstring, and each option a default",
    run: checkDocstrings,
  },
  { name: "prose", holds: "comments, strings and docs use the glossary of CONTRIBUTING.md", run: checkProse },
  {
    name: "spelling",
    holds: "docs, sources and examples have no word that is missing in cspell.json",
    run: () => tool("cspell", ["lint", "--no-progress", "--no-summary"]),
  },
  { name: "lockfile", holds: "the lockfile works on every platform and has no addresses", run: checkLockfile },
  { name: "leaks", holds: "no registry host or machine path is committed", run: checkLeaks },
];

/** @param {string} tarball @returns {Outcome} */
function checkPackageSize(tarball) {
  const archive = gunzipSync(readFileSync(tarball));
  let bytes = 0;
  // In a tar archive, each file has a header of 512 bytes with its size in octal digits. The content is padded to blocks of 512 bytes.
  for (let at = 0; at < archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(archive.toString("latin1", at + 124, at + 136), 8);
    bytes += size;
    at += 512 + Math.ceil(size / 512) * 512;
  }
  const megabytes = bytes / 1e6;
  return { code: megabytes <= UNPACKED_LIMIT_MB ? 0 : 1, output: `The unpacked package has ${megabytes.toFixed(2)} MB.` };
}

/** @param {string} tarball @param {string[]} args */
function attw(tarball, ...args) {
  return tool("@arethetypeswrong/cli", [tarball, "--no-color", "--no-emoji", ...args], "attw");
}

/** @returns {Outcome} */
function checkLockfile() {
  const { problems } = inspectLockfile();
  return {
    code: problems.length === 0 ? 0 : 1,
    output: [...problems, "Fix it with: node scripts/lockfile.mjs --fix"].join("\n"),
  };
}

/** @param {Gate[]} gates @returns {Promise<{ dist: boolean, tarball: string | undefined, problem: string }>} */
async function prepare(gates) {
  if (gates.every(({ needs }) => needs === undefined)) return { dist: false, tarball: undefined, problem: "" };
  if (!(await ensureBuilt())) return { dist: false, tarball: undefined, problem: "the build failed" };
  const packed = await pack();
  if (packed.code !== 0) return { dist: true, tarball: undefined, problem: `npm pack failed:\n${packed.output}` };
  return { dist: true, tarball: packed.tarball, problem: "" };
}

/** @param {Gate} gate @param {Awaited<ReturnType<typeof prepare>>} prepared @returns {Promise<Outcome>} */
async function runGate({ needs, run }, { dist, tarball, problem }) {
  if ((needs === "dist" && !dist) || (needs === "tarball" && tarball === undefined)) return { code: 1, output: problem };
  try {
    return await run(tarball ?? "");
  } catch (error) {
    return { code: 1, output: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !GATES.some((gate) => gate.name === name));
if (unknown.length > 0) {
  console.error(`No gate ${unknown.join(", ")}. There are: ${GATES.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const gates = wanted.length === 0 ? GATES : GATES.filter(({ name }) => wanted.includes(name));
mkdirSync(join(ROOT, "reports"), { recursive: true });
const prepared = await prepare(gates);
const results = [];
for (const gate of gates) {
  const start = performance.now();
  const { code, output, note } = await runGate(gate, prepared);
  const seconds = (performance.now() - start) / 1000;
  const passed = code === 0;
  results.push({ gate: gate.name, passed, seconds });
  console.log(
    `${passed ? "ok    " : "FAILED"} ${gate.name.padEnd(19)}${gate.holds} (${note === undefined ? "" : `${note}; `}${seconds.toFixed(1)} s)`,
  );
  if (!passed) console.log(output.trim().replace(/^/gm, "       | "));
}
writeFileSync(join(ROOT, "reports", "check.json"), `${JSON.stringify(results, null, 2)}\n`);
const failed = results.filter(({ passed }) => !passed).length;
console.log(failed === 0 ? "All gates passed." : `${failed} of ${results.length} gates failed.`);
process.exitCode = failed === 0 ? 0 : 1;
