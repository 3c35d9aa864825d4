// @ts-check
// Where the browsers of `npm run test:browsers` come from: Firefox, and WebKit as GTK's port, which runs on Linux alone.
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

const PACKAGE_LIMIT_MS = 600_000;
const VERSION_LIMIT_MS = 20_000;

/**
 * A program that a browser's tests need.
 *
 * @typedef {object} Program
 * @property {string} variable names it in the environment: there the user does, and there the tests look
 * @property {string[]} names in the PATH
 * @property {() => string[]} [elsewhere] paths outside of it
 * @property {boolean} [tellsVersion] is asked for its version: a name in the PATH can be a stub that only tells how to install the real one
 * @property {string} debian the package that has it
 */

/**
 * The browsers by name, each with all that its tests start.
 *
 * @type {Record<string, { programs: Program[], remedy: string }>}
 */
const BROWSERS = {
  firefox: {
    programs: [
      {
        variable: "FIREFOX_PATH",
        names: ["firefox-esr", "firefox"],
        elsewhere: () => ["/Applications/Firefox.app/Contents/MacOS/firefox", "C:\\Program Files\\Mozilla Firefox\\firefox.exe"],
        // On Windows the question opens a window instead of being answered.
        tellsVersion: process.platform !== "win32",
        debian: "firefox-esr",
      },
    ],
    remedy: "Install Firefox, or set FIREFOX_PATH to its program.",
  },
  webkit: {
    programs: [
      { variable: "WEBKIT_DRIVER_PATH", names: ["WebKitWebDriver"], debian: "webkit2gtk-driver" },
      { variable: "MINIBROWSER_PATH", names: ["MiniBrowser"], elsewhere: miniBrowsers, debian: "webkit2gtk-driver" },
      // The MiniBrowser opens a window, which nobody has to see.
      { variable: "XVFB_PATH", names: ["Xvfb"], debian: "xvfb" },
    ],
    remedy:
      "On Linux install WebKitGTK's WebDriver and its MiniBrowser (on Debian webkit2gtk-driver) and Xvfb; " +
      "or set WEBKIT_DRIVER_PATH, MINIBROWSER_PATH and XVFB_PATH.",
  },
};

export const BROWSER_NAMES = Object.keys(BROWSERS);

/**
 * Finds what a browser's tests start or, as root on Debian, installs it. Says each step in a line.
 *
 * @param {string} name one of `BROWSER_NAMES`
 * @returns {Promise<Record<string, string>>} the programs' paths, by the variables that the tests read
 * @throws {Error} one line that names the remedy
 */
export async function provide(name) {
  const browser = BROWSERS[name];
  if (browser === undefined) throw new Error(`there is no browser ${name}`);
  const missing = browser.programs.filter((program) => find(program) === undefined);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(({ debian }) => debian))];
    const what = missing.map(({ names }) => names[0]).join(" or ");
    if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) throw new Error(`No ${what} found. ${browser.remedy}`);
    console.log(`${name}: no ${what} found; installing from Debian (apt-get install ${packages.join(" ")})`);
    const { code, output } = await installDebianPackages(packages);
    if (code !== 0) {
      const lines = output.split("\n").filter((line) => line.trim() !== "");
      const reason = lines.find((line) => line.startsWith("E:")) ?? lines.at(-1) ?? `code ${code}`;
      throw new Error(`No ${what} found, and it could not be installed (${reason.trim()}). ${browser.remedy}`);
    }
  }
  const found = browser.programs.map((program) => [program.variable, find(program) ?? ""]);
  if (found.some(([, path]) => path === "")) throw new Error(`What was installed has not all that it takes. ${browser.remedy}`);
  console.log(`${name}: ${found.map(([, path]) => path).join(", ")}`);
  return Object.fromEntries(found);
}

/** @param {Program} program @throws {Error} when the environment names one that isn't there: to take another in silence would test the wrong one */
function find({ variable, names, elsewhere, tellsVersion = false }) {
  const runs = (/** @type {string} */ path) => isProgram(path) && (!tellsVersion || hasVersion(path));
  const named = process.env[variable];
  if (named) {
    if (!runs(named)) throw new Error(`${variable} is ${named}, which doesn't run. Correct it or leave it out.`);
    return named;
  }
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const inPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...inPath, ...(elsewhere?.() ?? [])].find(runs);
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} path */
function hasVersion(path) {
  try {
    const options = {
      timeout: VERSION_LIMIT_MS,
      stdio: /** @type {["ignore", "pipe", "ignore"]} */ (["ignore", "pipe", "ignore"]),
    };
    return /\d+\.\d+/.test(String(execFileSync(path, ["--version"], options)));
  } catch {
    return false;
  }
}

/** It is in no PATH: it lies beside the library that it shows, in a folder named after the machine and the library's version. */
function miniBrowsers() {
  const libraries = ["/usr/libexec", "/usr/lib", "/usr/lib64", ...list("/usr/lib").filter((path) => path.includes("linux-gnu"))];
  return libraries
    .flatMap(list)
    .filter((path) => /\/webkit(?:2gtk|gtk)-[\d.]+$/.test(path))
    .map((path) => join(path, "MiniBrowser"));
}

/** @param {string} folder @returns {string[]} the paths in it; none if there is no such folder */
function list(folder) {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** @param {string[]} packages */
async function installDebianPackages(packages) {
  const options = { capture: true, timeoutMs: PACKAGE_LIMIT_MS, env: { DEBIAN_FRONTEND: "noninteractive" } };
  const updated = await run("apt-get", ["update"], options);
  if (updated.code !== 0) return updated;
  return run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], options);
}
