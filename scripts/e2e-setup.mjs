// @ts-check
// Global setup of the e2e suites for `npx vitest run --project e2e`: builds dist, packs the tarball (SIMULATOR_CLIENT_TARBALL) and finds
// a browser (CHROMIUM_PATH). `npm test` has done this before.
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
