// @ts-check
// The files for pages without a bundler: dist/browser.js and dist/browser-local.js, each minified and alone enough for what it
// is for, and beside them, as dist/browser-NAME.js, what is loaded when it is asked for.
//
// tsup has bundled them into PAGE_PARTS. But esbuild puts what an entry shares with what it loads later into files of their
// own, which a page would have to fetch one after the other; rollup leaves it in the entry, and lets the others import it from
// there.
import { readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { rollup } from "rollup";
import { minify } from "terser";
import { ROOT } from "./run.mjs";

/** Where tsup leaves what the page files are made of: with the installed packages, for it is neither source nor published. */
export const PAGE_PARTS = "node_modules/.cache/simulator-client/pages";

/** Each is made for itself, what they share in each of them; but what is loaded by two of them is one file. */
const ENTRIES = ["browser", "browser-local", "browser-zstd"];
const SHARED = "browser-zstd.js";

const { name, version, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const BANNER = `/*! ${name} ${version}, ${license}, with the MIT-licensed packages it stands on */`;

/** Makes the page files in a folder. @param {string} folder */
export async function makePages(folder) {
  await mkdir(folder, { recursive: true });
  for (const entry of ENTRIES) await makePage(entry, folder);
}

/** @param {string} entry @param {string} folder */
async function makePage(entry, folder) {
  const bundle = await rollup({
    input: { [entry]: join(ROOT, PAGE_PARTS, `${entry}.js`) },
    preserveEntrySignatures: "allow-extension",
    plugins: [withSourceMaps, ...(entry === basename(SHARED, ".js") ? [] : [sharedApart])],
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  const { output } = await bundle.generate({
    format: "es",
    sourcemap: true,
    entryFileNames: "[name].js",
    chunkFileNames: ({ name, facadeModuleId }) => {
      if (facadeModuleId === null) throw new Error(`${name} is shared by files that are loaded later, and not by ${entry}`);
      // esbuild's hash: each load of a page finds the file under the same name.
      return `browser-${basename(facadeModuleId, ".js").replace(/-[A-Z\d]{8}$/, "")}.js`;
    },
  });
  for (const chunk of output) if (chunk.type === "chunk") await writeMinified(chunk, folder);
}

/** @type {import("rollup").Plugin} */
const withSourceMaps = {
  name: "with-source-maps",
  load: async (id) => ({ code: await readFile(id, "utf8"), map: JSON.parse(await readFile(`${id}.map`, "utf8")) }),
};

/** @type {import("rollup").Plugin} */
const sharedApart = {
  name: "shared-apart",
  resolveId: (id) => (basename(id) === SHARED ? { id: `./${SHARED}`, external: true } : null),
};

/** @param {import("rollup").OutputChunk} chunk @param {string} folder */
async function writeMinified({ code, fileName, map, isEntry, imports }, folder) {
  if (isEntry && imports.length > 0) throw new Error(`${fileName} can't be used alone: it imports ${imports}`);
  const minified = await minify(code, {
    module: true,
    // Chosen by what gzip makes of it: statements of one kind repeat themselves, sequences of expressions don't.
    compress: {
      ecma: 2022,
      passes: 2,
      hoist_funs: true,
      keep_fargs: false,
      lhs_constants: false,
      sequences: false,
      unsafe_arrows: true,
    },
    format: { ecma: 2022, comments: false, preamble: BANNER },
    sourceMap: { content: JSON.stringify(map), filename: fileName, url: `${fileName}.map` },
  });
  await writeFile(join(folder, fileName), `${minified.code}\n`);
  await writeFile(join(folder, `${fileName}.map`), String(minified.map));
}
