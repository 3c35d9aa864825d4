import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import rustItems from "./rust-public-items.json" with { type: "json" };

const words = (text: string): Set<string> => new Set(text.match(/\w+/g));

/** Returns the table rows of each Rust module, by the module name in the heading above them. */
function tables(page: string): Map<string, { rust: string; here: string }[]> {
  const rows = new Map<string, { rust: string; here: string }[]>();
  let heading = "";
  for (const line of page.split("\n")) {
    if (line.startsWith("#")) heading = /^#{2,3} `(.+)`$/.exec(line)?.[1] ?? "";
    const [, rust, here] = line.split("|");
    if (heading === "" || rust === undefined || here === undefined || /^ -/.test(rust) || rust.trim() === "Rust") continue;
    rows.set(heading, [...(rows.get(heading) ?? []), { rust, here }]);
  }
  return rows;
}

const page = tables(readFileSync("docs/parity.md", "utf8"));
const source = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("local/") && !file.startsWith("cli/"))
  .map((file) => readFileSync(join("src", file), "utf8"))
  .join("\n");
const known = words(source);

/** Returns the heading of the section about a module. */
function headingOf(crate: string, module: string): string {
  if (module.startsWith("reroute_report")) return "reroute_report";
  if (crate === "simulator-client") return module;
  return module === "lib" ? "simulator_api" : `simulator_api::${module}`;
}

describe("docs/parity.md", () => {
  // scripts/rust-public-items.mjs lists each `pub` function, type and constant of the crates, except those in tests.
  const modules = Object.entries(rustItems).flatMap(([crate, { modules: lists }]) =>
    Object.entries(lists).map(([module, items]) => [headingOf(crate, module), module, items] as const),
  );
  it.each(modules)("the section %s of docs/parity.md lists each public item of the Rust module %s", (heading, _, items) => {
    const named = words((page.get(heading) ?? []).map(({ rust }) => rust).join(" "));
    expect(items.filter((item) => !named.has(item))).toEqual([]);
  });

  it.each([...page])("for the Rust module %s, docs/parity.md names only identifiers that exist in src", (_module, rows) => {
    const ours = rows.flatMap(({ here }) => here.match(/`[^`]+`/g) ?? []).filter((name) => /^`[\w.]+(\(\))?`$/.test(name));
    expect(
      ours.filter((name) => [...words(name)].some((word) => !known.has(word) && word !== "client" && word !== "session")),
    ).toEqual([]);
  });

  it("docs/parity.md names more than 200 identifiers of this package", () => {
    const named = [...page.values()].flat().flatMap(({ here }) => here.match(/`[\w.]+`/g) ?? []);
    expect(named.length).toBeGreaterThan(200);
  });

  it("docs/parity.md has a TypeScript name for each Rust item, or the reason for its absence", () => {
    for (const { rust, here } of [...page.values()].flat()) expect(here, rust).toMatch(/`|\*\*None\*\*: \S/);
  });
});
