import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Finished, runNode } from "./run-node.js";

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
/** A folder that contains only the installed package. */
export interface PackageFolder {
  readonly path: string;
  /** The paths of the files in the package. */
  readonly files: readonly string[];
  readonly manifest: Record<string, unknown>;
  write(file: string, text: string): void;
  /** Runs a file of the folder with Node.js. */
  node(file: string, env?: Record<string, string>): Promise<Finished>;
  /** Runs the TypeScript compiler with the tsconfig.json of the folder. */
  tsc(): Promise<Finished>;
  remove(): void;
}

let firstInstalled: string | undefined;

/** Installs the packed tarball and its dependencies once. Each test gets a copy of the folder. */
function install(): string {
  const path = mkdtempSync(join(tmpdir(), "simulator-client-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }));
  writeFileSync(join(path, "package.json"), '{ "private": true }');
  installPackages(path);
  return path;
}

/** Installs the packed tarball and the dependencies of the folder's package.json into the folder. */
export function installPackages(path: string): void {
  const tarball = process.env.SIMULATOR_CLIENT_TARBALL;
  if (tarball === undefined)
    throw new Error("SIMULATOR_CLIENT_TARBALL is not set: run `npm test`, or vitest with its e2e project");
  const npm = process.env.npm_execpath;
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error", tarball];
  if (npm?.endsWith("js")) execFileSync(process.execPath, [npm, ...args], { cwd: path, stdio: "pipe" });
  else execFileSync("npm", args, { cwd: path, stdio: "pipe" });
}

/** Creates a folder that contains only the installed tarball. */
export function installTarball(): PackageFolder {
  firstInstalled ??= install();
  const path = mkdtempSync(join(tmpdir(), "simulator-client-"));
  cpSync(firstInstalled, path, { recursive: true, verbatimSymlinks: true });
  const installed = join(path, "node_modules", "simulator-client");
  return {
    path,
    files: readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(installed, join(entry.parentPath, entry.name))),
    manifest: JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Record<string, unknown>,
    write: (file, text) => writeFileSync(join(path, file), text),
    node: (file, env = {}) => runNode(path, [file], { env }),
    tsc: () => runNode(path, [TSC, "-p", "."], { limitMs: 230_000 }),
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }),
  };
}
