import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM_FLAGS } from "../../scripts/chromium.mjs";

/**
 * Opens a page in a Chromium that nobody watches, and resolves with what the page says: the body of its POST to the address in
 * `?tell=`. Playwright is told of every WebSocket frame, which takes longer than all that the page itself does with one.
 */
export async function askPage(url: string, query: Record<string, string>, limitMs: number): Promise<string> {
  const executable = process.env.CHROMIUM_PATH;
  if (executable === undefined) throw new Error("CHROMIUM_PATH is not set: run `npm test`, or vitest with its e2e project");
  const profile = mkdtempSync(join(tmpdir(), "simulator-client-"));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const tell = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const flags = ["--headless", `--user-data-dir=${profile}`, ...CHROMIUM_FLAGS];
  const browser = spawn(executable, [...flags, `${url}?${new URLSearchParams({ ...query, tell })}`], { stdio: "ignore" });
  const gone = new Promise((resolve) => browser.on("close", resolve));
  try {
    return await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the page has said nothing within ${limitMs} ms`)), limitMs);
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
    browser.kill();
    await gone;
    server.closeAllConnections();
    server.close();
    // Its helper processes write on for a moment after it is gone.
    rmSync(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }
}
