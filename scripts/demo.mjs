// @ts-check
// `npm run demo`: the terminal demo against the local simulator, from the built package. Words after `--` go to the demo.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ensureBuilt } from "./build.mjs";
import { ROOT } from "./run.mjs";

if (await ensureBuilt("runnable")) {
  const demo = spawn(process.execPath, ["demo/node/backtest.mjs", ...process.argv.slice(2)], { cwd: ROOT, stdio: "inherit" });
  // Ctrl-C stops the demo, which first closes its session. This process ignores Ctrl-C, and waits for the exit code of the demo.
  process.on("SIGINT", () => {});
  demo.on("close", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
} else {
  process.exitCode = 1;
}
