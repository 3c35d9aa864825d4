// @ts-check
// `npm run demo:react`: the React app of demo/react on Vite's server, with the built package. Words after `--` go to Vite.
import { ensureBuilt } from "./build.mjs";
import { runTool } from "./run.mjs";

if (await ensureBuilt()) {
  // Vite also receives Ctrl-C and ends by itself.
  process.on("SIGINT", () => {});
  const { code } = await runTool("vite", ["demo/react", ...process.argv.slice(2)]);
  process.exitCode = code;
} else {
  process.exitCode = 1;
}
