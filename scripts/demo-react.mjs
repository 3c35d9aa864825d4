// @ts-check
// `npm run demo:react`: the React app of demo/react on Vite's server, with the built package. Words after `--` go to Vite.
import { ensureBuilt } from "./build.mjs";
import { runTool } from "./run.mjs";

if (await ensureBuilt()) {
  // Ignores Ctrl-C, because Vite also receives it. This process exits when Vite has ended.
  process.on("SIGINT", () => {});
  const { code } = await runTool("vite", ["demo/react", ...process.argv.slice(2)]);
  process.exitCode = code;
} else {
  process.exitCode = 1;
}
