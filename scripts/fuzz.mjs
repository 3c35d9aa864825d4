// @ts-check
// Builds and runs the fuzzers of test/fuzz. docs/fuzzing.md describes them.
//
//   npm run fuzz                                 1,000,000 frames to the client, 1,000,000 requests to the local simulator
//   npm run fuzz -- --frames 5000 --seed 7       fewer frames, from another seed
//   npm run fuzz -- --world 1000042 --forged       repeats the session that a failed run has named
//   npm run fuzz -- --ci                         20,000 of each; the result goes to reports/fuzz.json
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundleForNode } from "./bundle-for-node.mjs";
import { ROOT } from "./run.mjs";

const CI_COUNT = "20000";
const reports = join(ROOT, "reports");

mkdirSync(reports, { recursive: true });
const folder = mkdtempSync(join(reports, "fuzz-"));
try {
  const outfile = join(folder, "fuzz.mjs");
  await bundleForNode(join(ROOT, "test/fuzz/fuzz-main.ts"), outfile);
  let args = process.argv.slice(2);
  if (args[0] === "--ci") {
    const report = join(reports, "fuzz.json");
    rmSync(report, { force: true });
    args = ["--frames", CI_COUNT, "--requests", CI_COUNT, "--report", report, ...args.slice(1)];
  }
  const { status } = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...args], { cwd: ROOT, stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
