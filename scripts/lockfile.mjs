// @ts-check
// The lockfile must work on every platform and with every registry. `npm ci` refuses a lockfile that lacks an optional package of
// another platform, and npm omits such a package if the registry does not have it.
// `node scripts/lockfile.mjs` lists the problems, `--fix` fixes them.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("../package-lock.json", import.meta.url));
const PLATFORM =
  /[-/](android|darwin|freebsd|linux|netbsd|openbsd|openharmony|win32)-(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|x64)(?:-(.+))?$/;
/** @type {Record<string, string>} */
const LIBC = { gnu: "glibc", musl: "musl" };

/** @typedef {{ version?: string, resolved?: string, link?: boolean, dev?: boolean, optionalDependencies?: Record<string, string> }} Entry */
/** @typedef {{ packages: Record<string, Entry> }} Lockfile */

/**
 * Returns the path at which a package at `from` finds its dependency `name`, or `undefined`. Searches like Node.js.
 *
 * @param {Record<string, Entry>} packages
 * @param {string} from
 * @param {string} name
 */
function lookUp(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))) {
    const path = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === "") return undefined;
  }
}

/** Returns the platform fields of an entry, from the name of its package, or `undefined` if the name has no platform. @param {string} name */
function platformOf(name) {
  const [, os, cpu, abi] = PLATFORM.exec(name) ?? [];
  if (os === undefined || cpu === undefined) return undefined;
  const libc = os === "linux" ? LIBC[abi ?? ""] : undefined;
  return { cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }), os: [os] };
}

/** Sorts the fields as npm does, so that npm does not reorder them later. @param {Entry & Record<string, unknown>} entry */
function inNpmsOrder({ version, ...rest }) {
  return { version, ...Object.fromEntries(Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, "en"))) };
}

/** @returns {{ problems: string[], fixed: Lockfile }} the problems, and the fixed lockfile */
export function inspectLockfile(text = readFileSync(FILE, "utf8")) {
  /** @type {Lockfile} */
  const lock = JSON.parse(text);
  const packages = { ...lock.packages };
  /** @type {string[]} */
  const problems = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (entry.resolved !== undefined && entry.link !== true) {
      problems.push(`${path} has an address (resolved)`);
      const { resolved: _, ...rest } = entry;
      packages[path] = rest;
    }
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (lookUp(packages, path, name) !== undefined) continue;
      problems.push(`${name} ${version}, an optional package of ${path}, has no entry`);
      const platform = platformOf(name);
      if (platform === undefined) problems.push(`${name}: its name does not show its platform, so --fix cannot add it`);
      else packages[`node_modules/${name}`] = inNpmsOrder({ version, dev: entry.dev, optional: true, ...platform });
    }
  }
  const sorted = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")));
  return { problems, fixed: { ...lock, packages: sorted } };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { problems, fixed } = inspectLockfile();
  if (process.argv.includes("--fix")) {
    writeFileSync(FILE, `${JSON.stringify(fixed, null, 2)}\n`);
    console.log(`package-lock.json: ${problems.length} fixed`);
  } else {
    for (const problem of problems) console.log(`package-lock.json: ${problem}`);
    if (problems.length > 0) console.log("Fix it with: node scripts/lockfile.mjs --fix");
    process.exitCode = problems.length > 0 ? 1 : 0;
  }
}
