// @ts-check
// The files for pages without a bundler. dist/browser.js and dist/browser-local.js hold all that they need; what few need is
// beside them, in dist/browser-NAME.js, and loaded when it is asked for.
//
// rollup cuts them, since esbuild would put what an entry shares with what it loads later into files of their own, which a
// page had to fetch one after the other. What comes from tsup is the sources, file by file, as JavaScript.
import { readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { rollup } from "rollup";
import { minify } from "terser";
import { ROOT } from "./run.mjs";
import { InnerExports, withLet } from "./shorten.mjs";

/** Where tsup leaves them: with the installed packages, for they are neither sources nor published. */
export const PAGE_PARTS = "node_modules/.cache/simulator-client/pages";

/**
 * What is made together: entries, and where each comes from. What two rows share is in the files of each; but what both load
 * later, zstd, is one file.
 *
 * @type {Record<string, string>[]}
 */
const ROWS = [
  // The second holds what the package exports and `browser.js` doesn't.
  { browser: "browser.js", "browser-all": "index.js" },
  { "browser-local": "local/in-page/index.js" },
  { "browser-zstd": "codec/zstd.js" },
  { "browser-worker": "worker/index.js" },
];
const ALONE = ["browser.js", "browser-local.js", "browser-zstd.js", "browser-worker.js"];
const ZSTD = join(ROOT, PAGE_PARTS, "codec/zstd.js");

/** Where a package's module for pages is, if not where its manifest says. */
const PACKAGES = new Map([
  // Of these two what we use, which does the same by its tests.
  ["valibot", `${PAGE_PARTS}/protocol/small-valibot.js`],
  ["eventemitter3", `${PAGE_PARTS}/session/small-emitter.js`],
  ["isomorphic-ws", "node_modules/isomorphic-ws/browser.js"],
]);

/**
 * The client's inner members, which may have shorter names: methods that are told what happens, and what is asked of a state.
 * No object of a user's has such a one, nor the wire.
 */
const INNER_MEMBERS = /^(?:handle|is)[A-Z]/;

const { name, version, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const BANNER = `/*! ${name} ${version}, ${license}, with the MIT-licensed packages it stands on */`;

/** Makes the page files in a folder. @param {string} folder */
export async function makePages(folder) {
  await mkdir(folder, { recursive: true });
  for (const row of ROWS) await makeRow(row, folder);
}

/** @param {Record<string, string>} row @param {string} folder */
async function makeRow(row, folder) {
  const bundle = await rollup({
    input: Object.fromEntries(Object.entries(row).map(([entry, part]) => [entry, join(ROOT, PAGE_PARTS, part)])),
    preserveEntrySignatures: "allow-extension",
    // Only a getter's reading could do something, and there is none that does.
    // isomorphic-ws looks for what every page has: nothing is left of it.
    treeshake: { propertyReadSideEffects: false, moduleSideEffects: (id) => !id.includes("isomorphic-ws") },
    plugins: [asPagesFindIt],
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  const { output } = await bundle.generate({
    format: "es",
    sourcemap: true,
    entryFileNames: "[name].js",
    // Without a hash: a page finds the file under the same name each time.
    chunkFileNames: "browser-[name].js",
  });
  const [first] = Object.keys(row);
  const names = { exports: new InnerExports(`${first}.js`), members: {}, inner: first === "browser" ? INNER_MEMBERS : undefined };
  const chunks = output.filter((file) => file.type === "chunk");
  // The others follow its names.
  chunks.sort((a, b) => Number(b.name === first) - Number(a.name === first));
  for (const chunk of chunks) await writeMinified(chunk, folder, names);
}

/** @type {import("rollup").Plugin} */
const asPagesFindIt = {
  name: "as-pages-find-it",
  resolveId: (id, importer) => {
    const found = PACKAGES.get(id);
    if (found !== undefined) return join(ROOT, found);
    if (importer === undefined) return id;
    const path = join(dirname(importer), id);
    return path === ZSTD ? { id: "./browser-zstd.js", external: true } : path;
  },
  load: async (id) => {
    const code = await readFile(id, "utf8");
    if (id.startsWith(join(ROOT, PAGE_PARTS))) return { code, map: JSON.parse(await readFile(`${id}.map`, "utf8")) };
    return code;
  },
};

/**
 * @param {import("rollup").OutputChunk} chunk
 * @param {string} folder
 * @param {{ exports: InnerExports, members: object, inner: RegExp | undefined }} names which are the same in all files of a row
 */
async function writeMinified({ code, fileName, map, imports }, folder, names) {
  if (ALONE.includes(fileName) && imports.length > 0) throw new Error(`${fileName} imports ${imports}: it must work alone`);
  const nameCache = { props: names.members };
  const minified = await minify(names.exports.follow(withLet(code)), {
    module: true,
    ...(names.inner && { mangle: { properties: { regex: names.inner } } }),
    nameCache,
    // Chosen by what gzip makes of it: statements of one kind repeat themselves, sequences of expressions don't.
    compress: {
      ecma: 2022,
      passes: 3,
      hoist_funs: true,
      keep_fargs: false,
      lhs_constants: false,
      reduce_funcs: false,
      sequences: false,
      unsafe_arrows: true,
      unsafe_methods: true,
    },
    format: { ecma: 2022, comments: false, preamble: BANNER },
    sourceMap: { content: JSON.stringify(map), filename: fileName, url: `${fileName}.map` },
  });
  names.members = nameCache.props;
  await writeFile(join(folder, fileName), names.exports.shorten(fileName, `${minified.code}\n`));
  await writeFile(join(folder, `${fileName}.map`), String(minified.map));
}
