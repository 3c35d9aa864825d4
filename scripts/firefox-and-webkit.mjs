// @ts-check
// Finds or installs the browsers of `npm run test:browsers`: Firefox, and WebKitGTK, which runs on Linux only.
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

const PACKAGE_LIMIT_MS = 600_000;
const VERSION_LIMIT_MS = 20_000;

/**
 * A program that the tests of a browser need.
 *
 * @typedef {object} Program
 * @property {string} variable the environment variable with its path
 * @property {string[]} names the file names to find in the PATH
 * @property {() => string[]} [elsewhere] returns other paths
 * @property {boolean} [printsVersion] `true`: the program prints its version for `--version`. Files that print no version are skipped
 * @property {string} debian its Debian package
 */

/**
 * The browsers by name, with the programs of their tests.
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
        // On Windows, --version would open a window, so the check is omitted.
        printsVersion: process.platform !== "win32",
        debian: "firefox-esr",
      },
    ],
    remedy: "Install Firefox, or set FIREFOX_PATH to its program.",
  },
  webkit: {
    programs: [
      { variable: "WEBKIT_DRIVER_PATH", names: ["WebKitWebDriver"], debian: "webkit2gtk-driver" },
      { variable: "MINIBROWSER_PATH", names: ["MiniBrowser"], elsewhere: miniBrowsers, debian: "webkit2gtk-driver" },
      // The MiniBrowser needs a screen. Xvfb provides a virtual screen.
      { variable: "XVFB_PATH", names: ["Xvfb"], debian: "xvfb" },
    ],
    remedy:
      "On Linux install WebKitGTK's WebDriver and its MiniBrowser (on Debian webkit2gtk-driver) and Xvfb; " +
      "or set WEBKIT_DRIVER_PATH, MINIBROWSER_PATH and XVFB_PATH.",
  },
};

export const BROWSER_NAMES = Object.keys(BROWSERS);

/**
 * Finds the programs that a browser needs. As root on Debian, installs the missing programs. Prints each step.
 *
 * @param {string} name one of `BROWSER_NAMES`
 * @returns {Promise<Record<string, string>>} the path of each program, by the environment variable that the tests read
 * @throws {Error} one line that says what to do
 */
export async function provide(name) {
  const browser = BROWSERS[name];
  if (browser === undefined) throw new Error(`unknown browser ${name}`);
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
  if (found.some(([, path]) => path === "")) throw new Error(`The installed packages lack a program. ${browser.remedy}`);
  console.log(`${name}: ${found.map(([, path]) => path).join(", ")}`);
  return Object.fromEntries(found);
}

/** @param {Program} program @throws {Error} if the environment names a program that does not run */
function find({ variable, names, elsewhere, printsVersion = false }) {
  const runs = (/** @type {string} */ path) => isProgram(path) && (!printsVersion || hasVersion(path));
  const named = process.env[variable];
  if (named) {
    if (!runs(named)) throw new Error(`${variable} is ${named}, which does not run. Correct or unset it.`);
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

/**
 * Returns the possible paths of the MiniBrowser. It is next to its library, in a folder named after the machine and the version.
 */
function miniBrowsers() {
  const libraries = ["/usr/libexec", "/usr/lib", "/usr/lib64", ...list("/usr/lib").filter((path) => path.includes("linux-gnu"))];
  return libraries
    .flatMap(list)
    .filter((path) => /\/webkit(?:2gtk|gtk)-[\d.]+$/.test(path))
    .map((path) => join(path, "MiniBrowser"));
}

/** @param {string} folder @returns {string[]} the paths in the folder, or none if it does not exist */
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
