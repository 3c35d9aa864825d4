import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as client from "../dist/index.js";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { runMatrixSession, SIMULATOR_OPTIONS } from "../matrix/matrix-session.js";
import { launchChromium } from "./support/launch-chromium.js";
import { type StaticServer, serveStatic } from "./support/static-server.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LOAD = `import * as client from "/dist/browser.js";\nimport { runMatrixSession } from "/matrix-session.js";\n`;

/** A blank page, and the files that each context loads. */
const FILES = {
  "index.html": '<!doctype html><meta charset="utf-8"><title>contexts</title>',
  "worker.js": `${LOAD}self.onmessage = async ({ data }) => postMessage(await runMatrixSession(client, data));\n`,
  "service-worker.js": `${LOAD}self.onmessage = (event) => {
  event.waitUntil(runMatrixSession(client, event.data).then((results) => event.source.postMessage(results)));
};\n`,
};

/** For each context, the expression that runs a session there. The variable `target` has the address of the simulator. */
const CONTEXTS = {
  "a page under a strict content security policy": `Promise.all([import("/dist/browser.js"), import("/matrix-session.js")])
    .then(([client, { runMatrixSession }]) => runMatrixSession(client, target))`,
  "a module worker": `new Promise((resolve, reject) => {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(target);
  })`,
  "a module service worker": `navigator.serviceWorker.register("/service-worker.js", { type: "module" })
    .then(() => navigator.serviceWorker.ready)
    .then(({ active }) => new Promise((resolve) => {
      navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
      active.postMessage(target);
    }))`,
};

let browser: Browser;
let simulator: LocalSimulator;
let site: StaticServer;
let otherSite: StaticServer;
let folder: string;
/** The results in Node.js. The results in every other context must be equal. */
let expected: Record<string, unknown>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "simulator-client-contexts-"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  cpSync(join(ROOT, "matrix/matrix-session.js"), join(folder, "matrix-session.js"));
  const allowAll = { "access-control-allow-origin": "*" };
  [browser, simulator, site, otherSite] = await Promise.all([
    launchChromium(),
    startLocalSimulator(SIMULATOR_OPTIONS),
    serveStatic(folder),
    serveStatic(folder, undefined, allowAll),
  ]);
  expected = await runMatrixSession(client, simulator);
});

afterAll(async () => {
  await Promise.all([browser?.close(), simulator?.close(), site?.close(), otherSite?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Evaluates an expression in a new page. The expression is a string, because vitest would rewrite imports in a function. */
async function evaluateIn(url: string, expression: string): Promise<unknown> {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    const target = JSON.stringify({ url: simulator.url, programs: simulator.programs });
    return await page.evaluate(`(async () => {
      const violations = [];
      document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
      const target = ${target};
      return { results: await ${expression}, violations };
    })()`);
  } finally {
    await page.close();
  }
}

describe("dist/browser.js in different contexts", () => {
  it.each(Object.entries(CONTEXTS))(
    "dist/browser.js runs a session with compression, a parallel run and HTTP calls in %s",
    async (_, expression) => {
      expect(await evaluateIn(site.url, expression)).toEqual({ results: expected, violations: [] });
    },
  );

  it("a page can load dist/browser.js from another origin with subresource integrity, and run a session with compression", async () => {
    const file = `${otherSite.url}dist/browser.js`;
    const integrity = `sha384-${createHash("sha384")
      .update(readFileSync(join(ROOT, "dist/browser.js")))
      .digest("base64")}`;
    const load = (hash: string): string => `new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { type: "module", crossOrigin: "anonymous", src: "${file}", integrity: "${hash}" });
      script.onload = resolve;
      script.onerror = () => reject(new Error("refused"));
      document.head.append(script);
    }).then(() => Promise.all([import("${file}"), import("/matrix-session.js")]))
      .then(([client, { runMatrixSession }]) => runMatrixSession(client, target))`;
    // The content security policy of this page allows scripts from the other origin.
    const page = await serveStatic(folder, `default-src 'self'; script-src 'self' ${otherSite.url}; connect-src *`);
    try {
      expect(await evaluateIn(page.url, load(integrity))).toEqual({ results: expected, violations: [] });
      const wrong = `sha384-${createHash("sha384").update("another file").digest("base64")}`;
      await expect(evaluateIn(page.url, load(wrong))).rejects.toThrow("refused");
    } finally {
      await page.close();
    }
  });
});
