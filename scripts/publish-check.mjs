// @ts-check
// `node scripts/publish-check.mjs [package.json]`: fails if package.json lacks the public addresses. The release workflow runs it.
// Without them, provenance is refused, and the relative links of the README lead nowhere on the npm website.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.mjs";

const [path = join(ROOT, "package.json")] = process.argv.slice(2);
const { repository, homepage, bugs } = JSON.parse(readFileSync(path, "utf8"));
const addresses = { "repository.url": repository?.url, homepage, "bugs.url": bugs?.url };
const missing = Object.entries(addresses).flatMap(([name, address]) =>
  /^(?:git\+)?https:\/\/./.test(address ?? "") ? [] : name,
);

if (missing.length > 0) {
  console.error(`${path} lacks ${missing.join(", ")}. CONTRIBUTING.md, "Release", shows what to fill in.`);
  process.exitCode = 1;
}
