// @ts-check
// `npm run demo`: the terminal demo against the local simulator, from the built package. Words after `--` go to the demo.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ensureBuilt } from "./build.mjs";
import { ROOT } from "./run.mjs";

if (await ensureBuilt("runnable")) {
  const demo = spawn(process.execPath, ["demo/node/backtest.mjs", ...process.argv.slice(2)], { cwd: ROOT, stdio: "inherit" });
  // Ignores Ctrl-C, because the demo also receives it and then closes its session. This process waits for the demo, and returns its
  // exit code.
  process.on("SIGINT", () => {});
  demo.on("close", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
} else {
  process.exitCode = 1;
}
