// @ts-check
// Finds or installs zsh and fish, for the tests of the completion scripts.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { run } from "./run.mjs";

const PACKAGE_LIMIT_MS = 300_000;
const SHELLS = ["zsh", "fish"];

/** Returns the shells that are not installed on this machine. */
function missingShells() {
  return SHELLS.filter((shell) => {
    try {
      execFileSync(shell, ["--version"], { stdio: "ignore", timeout: 20_000 });
      return false;
    } catch {
      return true;
    }
  });
}

/**
 * Finds zsh and fish, or installs them as root on Debian. Prints each step.
 *
 * @returns {Promise<void>}
 * @throws {Error} one line that says what to do
 */
export async function provideShells() {
  const missing = missingShells();
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    console.log(`shells: installing Debian's packages (apt-get install ${missing.join(" ")})`);
    const options = { capture: true, timeoutMs: PACKAGE_LIMIT_MS, env: { DEBIAN_FRONTEND: "noninteractive" } };
    const updated = await run("apt-get", ["update"], options);
    if (updated.code === 0) await run("apt-get", ["install", "-y", "--no-install-recommends", ...missing], options);
  }
  const absent = missingShells();
  if (absent.length > 0) throw new Error(`The tests of the completion scripts need ${absent.join(" and ")}. Install them.`);
}
