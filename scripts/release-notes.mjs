// @ts-check
// `node scripts/release-notes.mjs vX.Y.Z`: checks that a tag is the version of package.json, and prints its section of CHANGELOG.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.mjs";

const [tag = ""] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");

/** The section of CHANGELOG.md about the version. */
const notes = changelog.split(/^## /m).find((section) => section.startsWith(`[${version}]`));

if (tag !== `v${version}`) {
  console.error(`The tag "${tag}" is not the version of package.json. Tag the commit with v${version}.`);
  process.exitCode = 1;
} else if (notes === undefined) {
  console.error(`CHANGELOG.md has no section "## [${version}]". Add it, and tag the new commit.`);
  process.exitCode = 1;
} else {
  console.log(notes.slice(notes.indexOf("\n")).trim());
}
