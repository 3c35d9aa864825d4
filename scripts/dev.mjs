// @ts-check
// `npm run dev`: after each change, builds the files for Node.js, and runs the unit tests of what has changed since the last commit.
// Ctrl-C ends both. Words after `--` go to vitest. The page files and the types are not built.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ROOT } from "./run.mjs";

const require = createRequire(import.meta.url);

/** @param {string} packageName @param {string} file the program in the package @param {string[]} args */
function start(packageName, file, args) {
  const program = join(dirname(require.resolve(`${packageName}/package.json`)), file);
  return spawn(process.execPath, [program, ...args], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, BUILD_EXTENT: "runnable" },
  });
}

const children = [
  start("tsup", "dist/cli-default.js", ["--watch", "src", "--silent"]),
  start("vitest", "vitest.mjs", ["watch", "--project", "unit*", "--changed", "--passWithNoTests", ...process.argv.slice(2)]),
];

// When one of the two processes exits, stops the other process. Otherwise, the other process would keep running unnoticed.
for (const child of children) {
  child.on("exit", (code) => {
    for (const other of children) other.kill();
    process.exitCode ||= code ?? 0;
  });
}
// Ignores Ctrl-C, because the child processes also receive it. This process waits for them.
process.on("SIGINT", () => {});
