import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages } from "./package-folder.js";
import { runNode } from "./run-node.js";

const DEMO = fileURLToPath(new URL("../../demo/next", import.meta.url));
const NEXT = "node_modules/next/dist/bin/next";
const BUILD_LIMIT_MS = 240_000;

/** The built app of demo/next. */
export interface NextApp {
  readonly path: string;
  /** Returns the HTML that the build has prerendered for a route. */
  prerendered(route: string): string;
  /** Starts the server of the built app. */
  start(): Promise<{ url: string; close(): Promise<void> }>;
  remove(): void;
}

/**
 * Copies demo/next, installs its dependencies and the packed tarball, and builds it.
 *
 * @param files additional files of the app, by path
 * @param env NEXT_PUBLIC_… variables, which the build inserts into the page
 */
export async function buildNextApp(files: Record<string, string>, env: Record<string, string>): Promise<NextApp> {
  const path = mkdtempSync(join(tmpdir(), "simulator-client-next-"));
  const variables = { ...env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  cpSync(DEMO, path, { recursive: true, filter: (source) => !/[\\/](?:node_modules|\.next)$/.test(source) });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  installPackages(path);
  const { code, stdout, stderr } = await runNode(path, [NEXT, "build"], { env: variables, limitMs: BUILD_LIMIT_MS });
  if (code !== 0) throw new Error(`next build failed with code ${code}:\n${stdout}${stderr}`);
  return {
    path,
    prerendered: (route) => readFileSync(join(path, ".next", "server", "app", `${route}.html`), "utf8"),
    start: () => startServer(path, variables),
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }),
  };
}

function startServer(path: string, env: Record<string, string>): Promise<{ url: string; close(): Promise<void> }> {
  const args = [NEXT, "start", "--port", "0", "--hostname", "127.0.0.1"];
  const child = spawn(process.execPath, args, { cwd: path, env: { ...process.env, ...env } });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const close = async (): Promise<void> => {
    child.kill();
    await closed;
  };
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (chunk: Buffer): void => {
      output += chunk;
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
      if (url !== undefined && output.includes("Ready")) resolve({ url, close });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void closed.then(() => reject(new Error(`next start ended:\n${output}`)));
  });
}
