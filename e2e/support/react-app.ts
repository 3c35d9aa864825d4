import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installTarball, type PackageFolder } from "./package-folder.js";
import { runNode } from "./run-node.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What `npm install` would bring beside the package. */
const BESIDE = ["react", "react-dom", "vite", "@vitejs/plugin-react", "@types/react", "@types/react-dom"];
const VITE = join(ROOT, "node_modules", "vite", "bin", "vite.js");

/** A folder with the packed tarball installed, and what a React app needs beside it. */
export function installForReact(): PackageFolder {
  const folder = installTarball();
  for (const name of BESIDE) {
    const link = join(folder.path, "node_modules", name);
    mkdirSync(join(link, ".."), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link);
  }
  return folder;
}

/** The demo, in a folder of a user's. @returns its path */
export function copyDemo(folder: PackageFolder): string {
  const path = join(folder.path, "app");
  cpSync(join(ROOT, "demo", "react"), path, { recursive: true });
  return path;
}

/**
 * Builds a folder's page as its user does.
 *
 * @param mode `development`: with React's checks, and StrictMode's second mounting
 * @returns the folder to be served
 */
export async function buildApp(folder: PackageFolder, path: string, mode: "production" | "development"): Promise<string> {
  const out = join(folder.path, `built-${mode}`);
  const args = [VITE, "build", path, "--mode", mode, "--outDir", out, "--logLevel", "warn"];
  const { code, stdout, stderr } = await runNode(folder.path, args, { env: { NODE_ENV: mode } });
  if (code !== 0) throw new Error(`vite build failed:\n${stdout}${stderr}`);
  return out;
}
