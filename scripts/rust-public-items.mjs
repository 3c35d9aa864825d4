// @ts-check
// Lists the public functions, types and constants of the Rust crates, by module, for test/conformance/rust-public-items.json:
//
//   node scripts/rust-public-items.mjs simulator-client=FOLDER simulator-api=FOLDER
//
// FOLDER is the source of a crate, as `cargo fetch` writes it to the registry folder of cargo. Test modules are left out, and so are
// fields, variants and modules. A re-export is listed only where another crate or a macro defines the item.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ITEM = /^\s*pub\s+(?:async\s+|const\s+|unsafe\s+)*(?:fn|struct|enum|trait|type|static)\s+(\w+)/gm;
const CONSTANT = /^\s*pub\s+const\s+(\w+)\s*:/gm;
const RE_EXPORT = /^pub use ([\w:]+)::(?:\{([^}]*)\}|(\w+));/gm;
const TEST_MODULE = /#\[cfg\((?:all\()?test[^\]]*\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*\{/;

/** @param {string} source the text of a Rust file */
function withoutTestsAndComments(source) {
  let text = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/[^\n]*/g, "");
  for (let test = TEST_MODULE.exec(text); test !== null; test = TEST_MODULE.exec(text)) {
    let end = test.index + test[0].length;
    for (let depth = 1; depth > 0 && end < text.length; end++) {
      if (text[end] === "{") depth++;
      if (text[end] === "}") depth--;
    }
    text = text.slice(0, test.index) + text.slice(end);
  }
  return text;
}

/** @typedef {{ own: string[], exported: string[] }} Module */

/** @param {string} folder @returns {Record<string, Module>} */
function modulesOf(folder) {
  /** @type {Record<string, Module>} */
  const modules = {};
  for (const file of readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" }).sort()) {
    if (!file.endsWith(".rs")) continue;
    const module = file
      .replace(/\.rs$/, "")
      .replaceAll(/[/\\]/g, "::")
      .replace(/::mod$/, "");
    const text = withoutTestsAndComments(readFileSync(join(folder, "src", file), "utf8"));
    const own = [...text.matchAll(ITEM), ...text.matchAll(CONSTANT)].flatMap(([, name]) => name ?? []);
    const exported = [...text.matchAll(RE_EXPORT)]
      .filter(([, from = ""]) => module === "lib" || from.startsWith("simulator_api"))
      .flatMap(([, , list, one]) => (list ?? one ?? "").match(/\w+/g) ?? []);
    modules[module] = { own, exported: exported.filter((name) => /^[A-Z]/.test(name)) };
  }
  return modules;
}

const crates = process.argv.slice(2).map((word) => {
  const [name = "", folder = ""] = word.split("=");
  const version = /^version = "(.*)"$/m.exec(readFileSync(join(folder, "Cargo.toml"), "utf8"))?.[1];
  return { name, version, modules: modulesOf(folder) };
});
const defined = new Set(crates.flatMap(({ modules }) => Object.values(modules).flatMap(({ own }) => own)));
const lists = crates.map(({ name, version, modules }) => {
  const items = Object.entries(modules).map(([module, { own, exported }]) => [
    module,
    [...new Set([...own, ...exported.filter((item) => module !== "lib" || !defined.has(item))])],
  ]);
  return [name, { version, modules: Object.fromEntries(items.filter(([, names]) => names?.length)) }];
});
console.log(JSON.stringify(Object.fromEntries(lists), null, 2));
