// @ts-check
// Finds or installs the Chromium of the tests, and defines its flags.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { chromium } from "playwright";
import { run, runTool } from "./run.mjs";

/** Flags for containers without a sandbox or a GPU. They also prevent network requests by the browser itself. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const VARIABLES = ["CHROMIUM_PATH", "CHROME_PATH", "PUPPETEER_EXECUTABLE_PATH"];
const PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const REMEDY = "Install Chromium or Chrome, or set CHROMIUM_PATH to its program.";
/** Time limit of a download, in ms. */
const DOWNLOAD_LIMIT_MS = 120_000;
const PACKAGE_LIMIT_MS = 300_000;

/**
 * Finds a Chromium or Chrome on this machine. It tries the browser that the environment names, then installed browsers,
 * and then the browser of Playwright.
 *
 * @returns {{ path: string, from: string } | undefined} from: where it was found; the output shows this
 * @throws {Error} if the environment names a browser that does not run. A test must not silently use a different browser
 */
export function findChromium() {
  for (const variable of VARIABLES) {
    const path = process.env[variable];
    if (!path) continue;
    if (!runs(path)) throw new Error(`${variable} is ${path}, which does not run as a browser. Correct or unset it.`);
    return { path, from: variable };
  }
  const installed = installedPaths().find((path) => existsSync(path) && runs(path));
  if (installed !== undefined) return { path: installed, from: "the system" };
  const own = chromium.executablePath();
  return existsSync(own) && runs(own) ? { path: own, from: "Playwright's download" } : undefined;
}

/**
 * Finds a Chromium, or installs one. Tries Playwright's download first, then the package of Debian (as root only). Prints each step.
 *
 * @returns {Promise<string>} the program's path
 * @throws {Error} one line that says what to do
 */
export async function provideChromium() {
  const found = findChromium();
  if (found !== undefined) {
    console.log(`chromium: ${found.path} (${found.from})`);
    return found.path;
  }
  for (const { what, get } of WAYS) {
    console.log(`chromium: none found; ${what}`);
    const { code, output } = await get();
    const gotten = findChromium();
    if (gotten !== undefined) {
      console.log(`chromium: ${gotten.path} (${gotten.from})`);
      return gotten.path;
    }
    const lines = output.split("\n").filter((line) => line.trim() !== "");
    const reason =
      code === 0 ? "the installed program does not run" : (lines.find((line) => /error|E:/i.test(line)) ?? lines.at(-1));
    console.log(`chromium: failed (${reason?.trim() ?? `code ${code}`})`);
  }
  throw new Error(`No Chromium found, and none could be installed. ${REMEDY}`);
}

const WAYS = [
  {
    what: "downloading Playwright's own (npx playwright install chromium)",
    get: () =>
      runTool("playwright", ["install", "--no-shell", "chromium"], {
        capture: true,
        timeoutMs: DOWNLOAD_LIMIT_MS,
        env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: "10000" },
      }),
  },
  ...(process.getuid?.() === 0 && existsSync("/etc/debian_version")
    ? [{ what: "installing Debian's package (apt-get install chromium)", get: installDebianPackage }]
    : []),
];

async function installDebianPackage() {
  const options = { capture: true, timeoutMs: PACKAGE_LIMIT_MS, env: { DEBIAN_FRONTEND: "noninteractive" } };
  const updated = await run("apt-get", ["update"], options);
  if (updated.code !== 0) return updated;
  return run("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], options);
}

/** Runs `--version`, because a program in the PATH can be a stub that only explains how to install the real program. @param {string} path */
function runs(path) {
  // On Windows, checks only that the file exists, because --version would open a window.
  if (process.platform === "win32") return existsSync(path);
  try {
    return /\d+\.\d+/.test(
      execFileSync(path, ["--version"], { encoding: "utf8", timeout: 20_000, stdio: ["ignore", "pipe", "ignore"] }),
    );
  } catch {
    return false;
  }
}

function installedPaths() {
  if (process.platform === "darwin") {
    return ["/Applications", join(homedir(), "Applications")].flatMap((folder) => [
      join(folder, "Google Chrome.app/Contents/MacOS/Google Chrome"),
      join(folder, "Chromium.app/Contents/MacOS/Chromium"),
    ]);
  }
  if (process.platform === "win32") {
    const { ProgramFiles, "ProgramFiles(x86)": programFilesX86, LOCALAPPDATA } = process.env;
    return [ProgramFiles, programFilesX86, LOCALAPPDATA].flatMap((folder) =>
      folder === undefined ? [] : ["Google/Chrome", "Chromium"].map((name) => join(folder, name, "Application/chrome.exe")),
    );
  }
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program)));
}
