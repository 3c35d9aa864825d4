import { mkdirSync, readdirSync, readlinkSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dashboardPages } from "../../../src/cli/dashboard/dashboard-pages.js";
import { useFolder } from "../support/temporary-folder.js";

/** Size of a large file, in bytes. The buffers between the server and the client are smaller. */
const LARGE = 32 * 1024 * 1024;

const temporary = useFolder();
let folder: string;
let base: string;
let close: () => Promise<void>;

beforeEach(async () => {
  folder = temporary.path("dist");
  mkdirSync(folder);
  mkdirSync(join(folder, "dashboard"));
  const files = {
    "dashboard/index.html": "<p>page</p>",
    "dashboard/main.js": "main",
    "browser.js": "client",
    "browser-local.js": "simulator",
    "browser-explain.js": "",
    "cli.js": "program",
    "browser.js.map": "map",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  truncateSync(join(folder, "browser-explain.js"), LARGE);
  const query = new URLSearchParams({ url: "ws://127.0.0.1:4100/backtest" });
  const answer = dashboardPages(() => query, pathToFileURL(`${folder}/`));
  const server = createServer((request, response) => {
    if (!answer?.(request, response)) response.writeHead(418).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => new Promise((resolve) => server.close(() => resolve()));
});

afterEach(() => close());

const get = (path: string, init: RequestInit = {}) => fetch(base + path, { redirect: "manual", ...init });

describe("dashboardPages", () => {
  it("dashboardPages serves the page with a content security policy, and serves the files that the page loads", async () => {
    const page = await get("/dashboard/?url=ws://127.0.0.1:4100/backtest");
    expect([page.status, await page.text()]).toEqual([200, "<p>page</p>"]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    for (const [path, text] of Object.entries({
      "/dashboard/main.js": "main",
      "/browser.js": "client",
      "/browser-local.js": "simulator",
    })) {
      const file = await get(path);
      expect([file.status, await file.text()], path).toEqual([200, text]);
      expect(file.headers.get("content-type"), path).toMatch(/javascript/);
    }
  });

  it("dashboardPages serves only files that the page loads, and passes all other requests to the simulator", async () => {
    for (const path of ["/", "/health", "/cli.js", "/browser.js.map", "/dashboard", "/backtest"]) {
      expect((await get(path)).status, path).toBe(418);
    }
    expect((await get("/dashboard/main.js", { method: "POST" })).status).toBe(418);
    expect((await get("/dashboard/..%2fcli.js")).status).toBe(404);
    expect((await get("/dashboard/missing.js")).status).toBe(404);
  });

  it("dashboardPages redirects a browser from / to the page, and adds a query with the URL of the simulator", async () => {
    const { status, headers } = await get("/", { headers: { accept: "text/html,*/*" } });
    expect(status).toBe(302);
    expect(headers.get("location")).toBe("/dashboard/?url=ws%3A%2F%2F127.0.0.1%3A4100%2Fbacktest");
  });

  it("dashboardPages ignores the Range header of a request, even if the range ends before it starts", async () => {
    const file = await get("/browser.js", { headers: { range: "bytes=5-2" } });
    expect([file.status, await file.text()]).toEqual([200, "client"]);
  });

  it("dashboardPages still serves all other files after a request for a deleted file has failed", async () => {
    rmSync(join(folder, "browser.js"));
    await expect(get("/browser.js").then((file) => file.text())).rejects.toThrow();
    expect(await (await get("/dashboard/main.js")).text()).toBe("main");
  });

  it.runIf(process.platform === "linux")("dashboardPages closes the file if the browser cancels the request", async () => {
    const cancel = new AbortController();
    await get("/browser-explain.js", { signal: cancel.signal });
    const openFiles = () =>
      readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).endsWith("browser-explain.js");
        } catch {
          return false;
        }
      });
    expect(openFiles()).toHaveLength(1);
    cancel.abort();
    await expect.poll(openFiles).toEqual([]);
  });

  it("dashboardPages returns undefined if the dashboard is not built", () => {
    expect(dashboardPages(() => new URLSearchParams(), pathToFileURL(`${temporary.path()}/`))).toBeUndefined();
  });
});
