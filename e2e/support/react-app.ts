import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installTarball, type PackageFolder } from "./package-folder.js";
import { runNode } from "./run-node.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Packages that a React app installs in addition to this package. */
const BESIDE = ["react", "react-dom", "vite", "@vitejs/plugin-react", "@types/react", "@types/react-dom"];
const BUILD_LIMIT_MS = 240_000;
const VITE = join(ROOT, "node_modules", "vite", "bin", "vite.js");

/** Creates a folder with the packed tarball and the packages of a React app. */
export function installForReact(): PackageFolder {
  const folder = installTarball();
  for (const name of BESIDE) {
    const link = join(folder.path, "node_modules", name);
    mkdirSync(join(link, ".."), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link);
  }
  return folder;
}

/** Copies the demo to a user's folder. @returns its path */
export function copyDemo(folder: PackageFolder): string {
  const path = join(folder.path, "app");
  cpSync(join(ROOT, "demo", "react"), path, { recursive: true });
  return path;
}

/**
 * Builds a page with Vite.
 *
 * @param mode `development` enables React's checks and StrictMode's second mount
 * @returns the output folder
 */
export async function buildApp(folder: PackageFolder, path: string, mode: "production" | "development"): Promise<string> {
  const out = join(folder.path, `built-${mode}`);
  const args = [VITE, "build", path, "--mode", mode, "--outDir", out, "--logLevel", "warn"];
  const { code, stdout, stderr } = await runNode(folder.path, args, { env: { NODE_ENV: mode }, limitMs: BUILD_LIMIT_MS });
  if (code !== 0) throw new Error(`vite build failed:\n${stdout}${stderr}`);
  return out;
}
