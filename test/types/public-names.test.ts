import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const ROOT = new URL("../../src/", import.meta.url);
const HERE = new URL("./", import.meta.url);

/** Returns the exported names of a file, including the names that it exports with `export *`. */
function exportsOf(file: string, from: URL = ROOT): string[] {
  const url = new URL(file, from);
  const text = readFileSync(url, "utf8").replace(/\/\/.*$/gm, "");
  const listed = [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names = ""]) =>
    names.split(",").map((name) => name.replace(/^\s*type\s/, "").trim()),
  );
  const all = [...text.matchAll(/export (?:type )?\* from "(.*)\.js"/g)].flatMap(([, path = ""]) => exportsOf(`${path}.ts`, url));
  const own = [...text.matchAll(/^export (?:interface|type|class|function|abstract class) (\w+)/gm)].map(([, name = ""]) => name);
  return [...listed, ...all, ...own].filter((name) => name !== "");
}

describe("the names that index.ts exports", () => {
  const names = [...new Set(exportsOf("index.ts"))];
  const tests = readdirSync(HERE)
    .filter((file) => file.endsWith(".test-d.ts"))
    .map((file) => readFileSync(new URL(file, HERE), "utf8"));
  /** For each file with type tests: its imports from index.ts, and the text below these imports. */
  const tested = tests.map((text) => {
    const [, imported = ""] = /import (?:type )?\{([^}]*)\} from "\.\.\/\.\.\/src\/index\.js"/.exec(text) ?? [];
    return { imported: new Set(imported.match(/\w+/g)), body: text.slice(text.lastIndexOf('.js";')) };
  });

  test("the scan of index.ts finds more than 100 exported names", () => {
    expect(names.length).toBeGreaterThan(100);
  });

  test.each(names)("the exported name %s is used by a type test", (name) => {
    const isUsed = tested.some(({ imported, body }) => imported.has(name) && new RegExp(`\\b${name}\\b`).test(body));
    expect(isUsed).toBe(true);
  });
});
