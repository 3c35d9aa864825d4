import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM_FLAGS } from "../../scripts/chromium.mjs";

/**
 * Opens a page in a Chromium without DevTools, and resolves with the page's report: the body of its POST to the URL in `?report=`.
 * DevTools would report every WebSocket frame to Playwright. The reports would take more time than the page itself.
 */
export async function askPage(url: string, query: Record<string, string>, limitMs: number): Promise<string> {
  const executable = process.env.CHROMIUM_PATH;
  if (executable === undefined) throw new Error("CHROMIUM_PATH is not set: run `npm test`, or vitest with its e2e project");
  const profile = mkdtempSync(join(tmpdir(), "simulator-client-"));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const report = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const flags = ["--headless", `--user-data-dir=${profile}`, ...CHROMIUM_FLAGS];
  const browser = spawn(executable, [...flags, `${url}?${new URLSearchParams({ ...query, report })}`], {
    stdio: "ignore",
    // Starts the browser in its own process group, so that its child processes are killed, too.
    detached: true,
  });
  const gone = new Promise((resolve) => browser.on("close", resolve));
  try {
    return await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the page did not report within ${limitMs} ms`)), limitMs);
      browser.on("error", reject);
      server.on("request", (request, response) => {
        let text = "";
        request.on("data", (chunk: Buffer) => {
          text += chunk;
        });
        request.on("end", () => {
          clearTimeout(timer);
          response.end();
          resolve(text);
        });
      });
    });
  } finally {
    killAll(browser);
    await gone;
    server.closeAllConnections();
    server.close();
    await removeProfile(profile);
  }
}

/** Uses SIGKILL, because after SIGTERM the browser would write to its profile while this code deletes it. */
function killAll({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The browser has already exited: nothing to kill.
  }
}

/** Tries twice to delete the profile, because a helper process may still write to it. After that, the profile stays in the temporary folder. */
async function removeProfile(profile: string): Promise<void> {
  const remove = (): Promise<void> => rm(profile, { recursive: true, force: true });
  await remove()
    .catch(remove)
    .catch(() => {});
}
