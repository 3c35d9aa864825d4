// @ts-check
// Two gates for dist/ that publint and attw do not cover: the imports of its files, and whether its types compile without packages that
// only this repository has.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { ROOT } from "./run.mjs";

const DIST = join(ROOT, "dist");
/** Files for pages without a bundler. They may import only one another. */
const PAGE_FILES = /^browser(?:-[a-z-]+)?\.js$/;
const TYPE_FILES = /\.d\.c?ts$/;
const CODE_FILES = /\.c?js$/;
/** Entries for Node.js only. All other files, chunks included, must work in a page through a bundler. */
const NODE_ENTRIES = /^(?:local|cli)\.c?js$/;
/** Packages whose types (@types) users do not have. Published types must not name them. */
const UNTYPED_PACKAGES = ["ws", "isomorphic-ws"];

/** @returns {{ code: number, output: string }} code: 1 if a file imports a package that users do not have */
export function checkImports() {
  /** @type {{ dependencies?: Record<string, string>, peerDependencies?: Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const problems = readdirSync(DIST)
    .filter((file) => CODE_FILES.test(file) || TYPE_FILES.test(file))
    .flatMap((file) => {
      const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(readFileSync(join(DIST, file), "utf8"), true, true);
      return [...importedFiles, ...typeReferenceDirectives]
        .map(({ fileName }) => fileName)
        .filter((name) => !mayImport(file, name, installed))
        .map((name) => `dist/${file} imports ${name}`);
    });
  return report(problems);
}

/** @param {string} file @param {string} name @param {string[]} installed */
function mayImport(file, name, installed) {
  if (PAGE_FILES.test(file)) return name.startsWith("./") && PAGE_FILES.test(name.slice(2)) && existsSync(join(DIST, name));
  if (/^\.\.?\//.test(name)) return true;
  if (name.startsWith("node:")) return NODE_ENTRIES.test(file);
  const packageName = /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;
  if (!installed.includes(packageName)) return false;
  if (TYPE_FILES.test(file)) return !UNTYPED_PACKAGES.includes(packageName);
  return packageName !== "ws" || NODE_ENTRIES.test(file);
}

/**
 * Compiles the published types as a strict user does: with library checks, without @types, and with a `lib` older than
 * `Symbol.asyncDispose`.
 *
 * @returns {{ code: number, output: string }}
 */
export function checkTypes() {
  // The .d.cts files have the same content. attw checks that they resolve.
  const files = readdirSync(DIST).filter((file) => file.endsWith(".d.ts"));
  const program = ts.createProgram(
    files.map((file) => join(DIST, file)),
    {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: [],
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    },
  );
  const host = {
    getCanonicalFileName: (/** @type {string} */ name) => name,
    getCurrentDirectory: () => ROOT,
    getNewLine: () => "\n",
  };
  return report(ts.getPreEmitDiagnostics(program).map((diagnostic) => ts.formatDiagnostic(diagnostic, host).trimEnd()));
}

/** @param {string[]} problems */
function report(problems) {
  return { code: problems.length === 0 ? 0 : 1, output: problems.join("\n") };
}
