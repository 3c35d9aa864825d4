// @ts-check
// Builds dist/dashboard from demo/dashboard: the same modules, minified, which import the package's files beside their folder.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { transform } from "esbuild";
import { ROOT } from "./run.mjs";

const SOURCE = join(ROOT, "demo", "dashboard");
const UPLOT = join(ROOT, "node_modules", "uplot", "dist");
const UPLOT_FILES = ["uPlot.min.css", "uPlot.iife.min.js"];

/** @param {string} dist */
export async function buildDashboard(dist) {
  const target = join(dist, "dashboard");
  for (const path of listSources("")) {
    mkdirSync(join(target, path, ".."), { recursive: true });
    writeFileSync(join(target, path), await built(path));
  }
  mkdirSync(join(target, "uplot"), { recursive: true });
  for (const name of UPLOT_FILES) copyFileSync(join(UPLOT, name), join(target, "uplot", name));
}

/** @param {string} folder @returns {string[]} paths in the source folder, without the types, which only the editor reads */
function listSources(folder) {
  return readdirSync(join(SOURCE, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listSources(path);
    return entry.name.endsWith(".d.ts") ? [] : [path];
  });
}

/** @param {string} path */
async function built(path) {
  const text = readFileSync(join(SOURCE, path), "utf8")
    // Adapts the imports. The built dashboard is inside dist: `../../dist/browser.js` becomes `../browser.js`.
    .replaceAll(/(["'])((?:\.\.\/)+)\.\.\/dist\//g, "$1$2")
    .replaceAll("../../node_modules/uplot/dist/", "./uplot/");
  const loader = { ".js": /** @type {const} */ ("js"), ".css": /** @type {const} */ ("css") }[extname(path)];
  if (loader === undefined) return text;
  return (await transform(text, { loader, minify: true, target: "es2022" })).code;
}
