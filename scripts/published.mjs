// @ts-check
// Three checks of dist/ that publint and attw do not make. The files import only installed packages. The types compile without the
// packages that only this repository has. Each value in the types exists at run time.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { ROOT } from "./run.mjs";

const DIST = join(ROOT, "dist");
/** Matches the files for pages without a bundler. These files may import only one another. */
const PAGE_FILES = /^browser(?:-[a-z-]+)?\.js$/;
const TYPE_FILES = /\.d\.c?ts$/;
const CODE_FILES = /\.c?js$/;
/** Matches the entries that need Node.js. Bundlers must be able to bundle all other entries for pages. */
const NODE_ENTRIES = /^(?:local|fleet|cli|vm-process)\.c?js$/;
const CHUNKS = /^chunk-/;
/**
 * Packages that contain no types. The published types must not import these packages, because the `@types` packages are possibly
 * not installed.
 */
const UNTYPED_PACKAGES = ["ws", "isomorphic-ws"];

/** @returns {{ code: number, output: string }} code: 1 if a file imports a package that users do not have */
export function checkImports() {
  /** @type {{ dependencies?: Record<string, string>, peerDependencies?: Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const files = readdirSync(DIST).filter((file) => CODE_FILES.test(file) || TYPE_FILES.test(file));
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  const inPages = reachableFrom(
    files.filter((file) => CODE_FILES.test(file) && !NODE_ENTRIES.test(file) && !CHUNKS.test(file)),
    imports,
  );
  const problems = [...imports].flatMap(([file, names]) =>
    names.filter((name) => !mayImport(file, name, installed, inPages.has(file))).map((name) => `dist/${file} imports ${name}`),
  );
  // The code must not load its own files with import(). Jest and vm contexts do not support import().
  for (const file of readdirSync(DIST).filter((name) => CODE_FILES.test(name))) {
    const [dynamic] = /\bimport\(\s*["'`]\.[^)]*\)/.exec(readFileSync(join(DIST, file), "utf8")) ?? [];
    if (dynamic !== undefined) problems.push(`dist/${file} imports its own code dynamically: ${dynamic}`);
  }
  return report(problems);
}

/** @param {string} file */
function importsOf(file) {
  const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(readFileSync(join(DIST, file), "utf8"), true, true);
  return [...importedFiles, ...typeReferenceDirectives].map(({ fileName }) => fileName);
}

/** Returns the entries and all files that they import. @param {string[]} entries @param {Map<string, string[]>} imports */
function reachableFrom(entries, imports) {
  const reached = new Set(entries);
  // The loop also visits the files that it adds to the set.
  for (const file of reached) {
    for (const name of imports.get(file) ?? []) if (imports.has(name.slice(2))) reached.add(name.slice(2));
  }
  return reached;
}

/** @param {string} file @param {string} name @param {string[]} installed @param {boolean} isInPages */
function mayImport(file, name, installed, isInPages) {
  if (PAGE_FILES.test(file)) return name.startsWith("./") && PAGE_FILES.test(name.slice(2)) && existsSync(join(DIST, name));
  if (/^\.\.?\//.test(name)) return true;
  if (name.startsWith("node:")) return !isInPages;
  const packageName = /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;
  if (!installed.includes(packageName)) return false;
  if (TYPE_FILES.test(file)) return !UNTYPED_PACKAGES.includes(packageName);
  return packageName !== "ws" || !isInPages;
}

/**
 * The published types must compile in both environments: a page (DOM types) and Node.js (`@types/node`).
 */
const PLATFORM_TYPES = [
  { lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"], types: [] },
  { lib: ["lib.es2022.d.ts"], types: ["node"] },
];

/**
 * Compiles the published types with strict settings: library files are checked, and `lib` has no `Symbol.asyncDispose`. Compiles
 * once without @types and once without the DOM library.
 *
 * @returns {{ code: number, output: string }}
 */
export function checkTypes() {
  const files = readdirSync(DIST).filter((file) => TYPE_FILES.test(file));
  const host = {
    getCanonicalFileName: (/** @type {string} */ name) => name,
    getCurrentDirectory: () => ROOT,
    getNewLine: () => "\n",
  };
  const problems = PLATFORM_TYPES.flatMap((platform) => {
    const program = ts.createProgram(
      files.map((file) => join(DIST, file)),
      {
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        ...platform,
      },
    );
    const errors = ts.getPreEmitDiagnostics(program).filter(({ file }) => file === undefined || file.fileName.startsWith(DIST));
    return errors.map((error) => `lib ${platform.lib.join(", ")}: ${ts.formatDiagnostic(error, host).trimEnd()}`);
  });
  return report([...new Set(problems)]);
}

/**
 * Compares the values that the types of each entry declare with the values that the module exports.
 *
 * @returns {Promise<{ code: number, output: string }>} code: 1 if a declared value is not exported, or an exported value is not declared
 */
export async function checkValues() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const files = Object.values(exports).flatMap(filesOf);
  const problems = [];
  for (const { types, file } of new Map(files.map((entry) => [entry.file + entry.types, entry])).values()) {
    const declared = valuesOf(join(ROOT, types));
    const exported = await namesOf(join(ROOT, file));
    problems.push(
      ...declared.filter((name) => !exported.includes(name)).map((name) => `${types} declares ${name}, ${file} lacks it`),
    );
    problems.push(
      ...exported.filter((name) => !declared.includes(name)).map((name) => `${file} exports ${name}, ${types} lacks it`),
    );
  }
  return report(problems);
}

/** @param {unknown} entry of the manifest's `exports` @returns {{ types: string, file: string }[]} */
function filesOf(entry) {
  if (typeof entry !== "object" || entry === null) return [];
  if ("types" in entry && "default" in entry && typeof entry.default === "string") {
    return [{ types: String(entry.types), file: entry.default }];
  }
  return Object.values(entry).flatMap(filesOf);
}

/** @param {string} types */
function valuesOf(types) {
  const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, skipLibCheck: true };
  const program = ts.createProgram([types], { ...options, target: ts.ScriptTarget.ES2022, types: ["node", "react"] });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(types);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${types} is not a module`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({
      name: symbol.name,
      target: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
      symbol,
    }))
    .filter(({ target, symbol }) => target.flags & ts.SymbolFlags.Value && !symbol.declarations?.some(isTypeOnly))
    .map(({ name }) => name);
}

/** @param {ts.Declaration} declaration */
function isTypeOnly(declaration) {
  return ts.isExportSpecifier(declaration) && (declaration.isTypeOnly || declaration.parent.parent.isTypeOnly);
}

/** @param {string} file */
async function namesOf(file) {
  const module = file.endsWith(".cjs") ? createRequire(file)(file) : await import(pathToFileURL(file).href);
  return Object.keys(module).filter((name) => name !== "default" && name !== "__esModule");
}

/** @param {string[]} problems */
function report(problems) {
  return { code: problems.length === 0 ? 0 : 1, output: problems.join("\n") };
}
