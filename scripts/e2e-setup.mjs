// @ts-check
// What the e2e suites need, when they are run by vitest itself (`npx vitest run --project e2e`) and not by `npm test`, which has
// it ready: dist, the packed tarball (SIMULATOR_CLIENT_TARBALL) and a browser (CHROMIUM_PATH).
import { ensureBuilt } from "./build.mjs";
import { provideChromium } from "./chromium.mjs";
import { pack } from "./run.mjs";

export async function setup() {
  if (process.env.SIMULATOR_CLIENT_TARBALL === undefined) {
    if (!(await ensureBuilt())) throw new Error("The build failed, so there is nothing to test.");
    const { code, output, tarball } = await pack();
    if (code !== 0) throw new Error(`npm pack failed:\n${output}`);
    process.env.SIMULATOR_CLIENT_TARBALL = tarball;
  }
  process.env.CHROMIUM_PATH ??= await provideChromium();
}
