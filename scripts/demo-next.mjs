// @ts-check
// `npm run demo:next`: installs the packed package into demo/next, and runs the app on the server of Next.js. Words after `--` go
// to `next dev`.
import { join } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { pack, ROOT, run } from "./run.mjs";

const APP = join(ROOT, "demo", "next");

/** @returns {Promise<boolean>} false if it failed; the error was printed */
async function install() {
  const packed = await pack();
  if (packed.code !== 0) {
    console.error(packed.output);
    return false;
  }
  const args = ["install", "--prefix", APP, "--no-save", "--no-audit", "--no-fund", "--prefer-offline", packed.tarball];
  const npm = process.env.npm_execpath;
  const { code } = npm?.endsWith("js") ? await run(process.execPath, [npm, ...args]) : await run("npm", args);
  return code === 0;
}

if ((await ensureBuilt()) && (await install())) {
  // Ignores Ctrl-C, because Next.js also receives it. This process exits when Next.js has ended.
  process.on("SIGINT", () => {});
  const next = join(APP, "node_modules", "next", "dist", "bin", "next");
  const { code } = await run(process.execPath, [next, "dev", APP, ...process.argv.slice(2)]);
  process.exitCode = code;
} else {
  process.exitCode = 1;
}
