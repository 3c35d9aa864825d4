// @ts-check
// Finds or installs the Redis server of the fleet tests.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { run } from "./run.mjs";

const PACKAGE_LIMIT_MS = 300_000;
const REMEDY = "Install redis-server 7, or set REDIS_SERVER to its program.";

/** Returns the program of a Redis server: the one that REDIS_SERVER names, or the one in the PATH. `undefined` if there is none. */
function findRedis() {
  const { REDIS_SERVER } = process.env;
  if (REDIS_SERVER) {
    if (!runs(REDIS_SERVER)) throw new Error(`REDIS_SERVER is ${REDIS_SERVER}, which does not run. Correct or unset it.`);
    return REDIS_SERVER;
  }
  return runs("redis-server") ? "redis-server" : undefined;
}

/**
 * Finds a Redis server. If none is found, installs one (only on Debian, and only as root). Prints each step.
 *
 * @returns {Promise<string>} the program
 * @throws {Error} one line that says what to do
 */
export async function provideRedis() {
  const found = findRedis();
  if (found !== undefined) {
    console.log(`redis: ${found}`);
    return found;
  }
  if (process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    console.log("redis: none found; installing Debian's package (apt-get install redis-server)");
    const options = { capture: true, timeoutMs: PACKAGE_LIMIT_MS, env: { DEBIAN_FRONTEND: "noninteractive" } };
    const updated = await run("apt-get", ["update"], options);
    if (updated.code === 0) await run("apt-get", ["install", "-y", "--no-install-recommends", "redis-server"], options);
    const installed = findRedis();
    if (installed !== undefined) return installed;
  }
  throw new Error(`No Redis server found, and none could be installed. ${REMEDY}`);
}

/** @param {string} program */
function runs(program) {
  try {
    return /Redis server v=\d/.test(execFileSync(program, ["--version"], { encoding: "utf8", timeout: 20_000 }));
  } catch {
    return false;
  }
}
