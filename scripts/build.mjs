// @ts-check
// Builds dist/ with tsup (tsup.config.ts). `node scripts/build.mjs` always builds; with `--if-needed`, like the other scripts,
// only when dist is out of date.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDashboard } from "./build-dashboard.mjs";
import { ROOT, runTool } from "./run.mjs";

const DIST = join(ROOT, "dist");
/** The folder of the file that records what was built. It is in node_modules, so that it is not published with dist. */
const STAMP_FOLDER = join(ROOT, "node_modules", ".cache", "simulator-client");
const STAMP = join(STAMP_FOLDER, "build.json");
const INPUTS = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsup.config.ts",
  "scripts/build-dashboard.mjs",
  "src",
  "demo/dashboard",
];

/** @typedef {"whole" | "runnable"} Extent `runnable` omits types and page files, and takes a fifth of the time */

/** Deletes dist, and builds it again. @param {Extent} [extent] @returns {Promise<boolean>} false if it failed; prints the error */
export async function build(extent = "whole") {
  const inputs = hashInputs();
  rmSync(STAMP, { force: true });
  rmSync(DIST, { recursive: true, force: true });
  const { code } = await runTool("tsup", ["--silent"], { env: { BUILD_EXTENT: extent } });
  if (code !== 0) return false;
  if (extent === "whole") {
    writeModuleTypes();
    writeLicenses();
    removeSourceMaps();
    await buildDashboard(DIST);
  }
  mkdirSync(STAMP_FOLDER, { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ extent, inputs, outputs: listOutputs() }));
  return true;
}

/** The bundles for pages (`browser*.js`). Each bundle has the same exports as the entry beside it. */
const PAGES = Object.entries({
  browser: "index",
  "browser-local": "local-in-page",
  "browser-compare": "compare",
  "browser-explain": "explain",
  "browser-reroute": "reroute",
});

/**
 * Writes a .d.ts file for each entry. The .d.ts file re-exports the .d.cts file that tsup has written. A program that mixes ES
 * modules and CommonJS then has only one set of types.
 */
function writeModuleTypes() {
  const declared = readdirSync(DIST).flatMap((file) => /^(.+)\.d\.cts$/.exec(file)?.[1] ?? []);
  // Selects the entries: the .d.cts files with a .cjs file of the same name. The other .d.cts files contain shared types.
  for (const name of declared.filter((name) => existsSync(join(DIST, `${name}.cjs`)))) {
    writeFileSync(join(DIST, `${name}.d.ts`), `export * from "./${name}.cjs";\n`);
  }
  for (const [page, entry] of PAGES) writeFileSync(join(DIST, `${page}.d.ts`), `export * from "./${entry}.cjs";\n`);
}

/** Packages that are bundled in the files for Node.js (tsup.config.ts). */
const BUNDLED_FOR_NODE = ["@bufbuild/protobuf", "hyparquet", "hyparquet-writer"];

/** Writes the licence notices of the bundled packages. For the browser files, the packages are read from the source maps. */
function writeLicenses() {
  const maps = PAGES.map(([page]) => `${page}.js.map`).map((file) => JSON.parse(readFileSync(join(DIST, file), "utf8")));
  const sources = maps.flatMap((/** @type {{ sources: string[] }} */ { sources }) => sources);
  const inPages = new Set(sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []));
  writeNotices("browser.LICENSES.txt", [...inPages].sort());
  writeNotices("node.LICENSES.txt", BUNDLED_FOR_NODE);
}

/** @param {string} target @param {string[]} names */
function writeNotices(target, names) {
  const notices = names.map((name) => {
    const folder = join(ROOT, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const notice = file === undefined ? noticesInSources(folder) : readFileSync(join(folder, file), "utf8").trim();
    if (notice === "") throw new Error(`${name} has no licence notice, which ${target} needs`);
    return `${name} ${version} (${license})\n\n${notice}\n`;
  });
  writeFileSync(join(DIST, target), notices.join(`\n${"-".repeat(80)}\n\n`));
}

/** Returns the licence comments at the start of a package's sources, each once. Used for a package without a licence file. @param {string} folder */
function noticesInSources(folder) {
  const sources = readdirSync(join(folder, "dist", "esm", "wire")).filter((file) => file.endsWith(".js"));
  const heads = sources.map((file) => {
    const [head = ""] = /^(?:\/\/.*\n)*/.exec(readFileSync(join(folder, "dist", "esm", "wire", file), "utf8")) ?? [];
    return head.replace(/^\/\/ ?/gm, "").trim();
  });
  return [...new Set(heads)].filter((head) => head !== "").join("\n\n");
}

/** Removes the source maps of the page files, and the links to them. docs/decisions.md explains why. */
function removeSourceMaps() {
  for (const file of PAGES.map(([page]) => join(DIST, `${page}.js`))) {
    rmSync(`${file}.map`);
    writeFileSync(file, readFileSync(file, "utf8").replace(/\/\/# sourceMappingURL=\S+\s*$/, "\n"));
  }
}

/** Builds if dist is out of date. Compares contents, because the file times of a fresh clone are meaningless. @param {Extent} [extent] */
export async function ensureBuilt(extent = "whole") {
  if (isBuilt(extent)) {
    console.log("build: dist is up to date");
    return true;
  }
  console.log("build: building dist with tsup");
  return build(extent);
}

/** @param {Extent} extent */
function isBuilt(extent) {
  try {
    const { extent: built, ...content } = JSON.parse(readFileSync(STAMP, "utf8"));
    if (built !== "whole" && built !== extent) return false;
    return JSON.stringify(content) === JSON.stringify({ inputs: hashInputs(), outputs: listOutputs() });
  } catch {
    return false;
  }
}

function hashInputs() {
  const hash = createHash("sha256");
  for (const path of INPUTS.flatMap(listFiles))
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update("\0");
  return hash.digest("hex");
}

/** @param {string} path @returns {string[]} the file, or the files below the folder, in a fixed order */
function listFiles(path) {
  if (statSync(join(ROOT, path)).isFile()) return [path];
  return readdirSync(join(ROOT, path))
    .sort()
    .flatMap((name) => listFiles(`${path}/${name}`));
}

function listOutputs() {
  return listFiles("dist").map((path) => [path, statSync(join(ROOT, path)).size]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const start = performance.now();
  const built = process.argv.includes("--if-needed") ? await ensureBuilt() : await build();
  console.log(built ? `build: dist is ready (${((performance.now() - start) / 1000).toFixed(1)} s)` : "build: failed");
  process.exitCode = built ? 0 : 1;
}
