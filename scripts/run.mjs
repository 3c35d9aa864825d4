// @ts-check
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a program in the folder of the repository and waits for its end. Never throws.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ capture?: boolean, timeoutMs?: number, env?: Record<string, string> }} [options] capture: returns the
 *   output instead of printing it. timeoutMs: kills the program after this time, with code 1; default none
 * @returns {Promise<{ code: number, output: string }>} code: 0 for success, 1 if the program could not be started or was killed
 */
export function run(command, args, { capture = false, timeoutMs = 0, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ["ignore", capture ? "pipe" : "inherit", capture ? "pipe" : "inherit"],
    });
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    let timer = /** @type {NodeJS.Timeout | undefined} */ (undefined);
    if (timeoutMs > 0) {
      timer = setTimeout(() => {
        child.kill("SIGKILL");
        // Closes the pipes, because child processes of the killed program may keep them open.
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code: 1, output: `${output}\n${command}: stopped after ${timeoutMs / 1000} s\n` });
      }, timeoutMs);
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 1, output: `${output}${command}: ${error.message}\n` });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/**
 * Runs a program of an installed package with this Node.js, without a shell or the PATH.
 *
 * @param {string} packageName
 * @param {string[]} args
 * @param {Parameters<typeof run>[2] & { bin?: string }} [options] bin: the program; default: the name of the package
 */
export function runTool(packageName, args, { bin = packageName.replace(/^@.*\//, ""), ...options } = {}) {
  const folder = join(ROOT, "node_modules", packageName);
  /** @type {{ bin: string | Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin];
  if (file === undefined) throw new Error(`${packageName} has no program ${bin}`);
  return run(process.execPath, [join(folder, file), ...args], options);
}

/**
 * Packs the package into reports/, as npm would publish it, with the current dist.
 *
 * @returns {Promise<{ code: number, output: string, tarball: string }>} tarball: its absolute path
 */
export async function pack() {
  mkdirSync(join(ROOT, "reports"), { recursive: true });
  const args = ["pack", "--ignore-scripts", "--loglevel", "error", "--pack-destination", "reports"];
  const npm = process.env.npm_execpath;
  const packed = npm?.endsWith("js")
    ? await run(process.execPath, [npm, ...args], { capture: true })
    : await run("npm", args, { capture: true });
  const name = /\S+\.tgz\s*$/.exec(packed.output)?.[0].trim();
  return { ...packed, code: name === undefined ? 1 : packed.code, tarball: join(ROOT, "reports", name ?? "") };
}
