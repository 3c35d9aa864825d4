// @ts-check
// A page in Chromium, controlled over the DevTools protocol. Playwright would receive an event for every WebSocket frame, which
// takes longer than the page's own work.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { CHROMIUM_FLAGS, provideChromium } from "../../scripts/chromium.mjs";

/** @typedef {{ method: string, params: any, sessionId?: string }} ProtocolEvent */

/** A page that the benchmark controls over the DevTools protocol. */
export class BarePage {
  #browser;
  #socket;
  #profile;
  #lastId = 0;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #asked = new Map();
  /** @type {Set<(event: ProtocolEvent) => void>} */
  #listeners = new Set();
  /** @type {string | undefined} */
  #session;
  /** The URLs of the page's workers, by DevTools session. @type {Map<string, string>} */
  workers = new Map();

  /** @param {import("node:child_process").ChildProcess} browser @param {WebSocket} socket @param {string} profile */
  constructor(browser, socket, profile) {
    this.#browser = browser;
    this.#socket = socket;
    this.#profile = profile;
    socket.on("message", (data) => this.#hear(JSON.parse(String(data))));
  }

  /** @param {{ width: number, height: number }} size */
  static async open({ width, height }) {
    const executable = await provideChromium();
    const profile = mkdtempSync(join(tmpdir(), "simulator-client-bench-"));
    const flags = [
      "--headless=new",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      `--window-size=${width},${height}`,
    ];
    const browser = spawn(executable, [...flags, ...CHROMIUM_FLAGS, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    const address = await new Promise((resolve, reject) => {
      let text = "";
      browser.stderr?.on("data", (chunk) => {
        text += chunk;
        const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
      browser.on("close", () => reject(new Error(`Chromium ended: ${text.slice(-500)}`)));
    });
    const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: 1 << 30 });
    await new Promise((resolve) => socket.once("open", resolve));
    const page = new BarePage(browser, socket, profile);
    const { targetId } = await page.ask("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await page.ask("Target.attachToTarget", { targetId, flatten: true });
    page.#session = sessionId;
    page.listen(({ method, params }) => {
      if (method === "Target.attachedToTarget" && params.targetInfo.type === "worker")
        page.workers.set(params.sessionId, params.targetInfo.url);
    });
    await page.ask("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
    return page;
  }

  /** @param {string} method @param {object} [params] @param {string} [session] default: the page's @returns {Promise<any>} */
  ask(method, params = {}, session = this.#session) {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params, ...(session !== undefined && { sessionId: session }) }));
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  /** @param {(event: ProtocolEvent) => void} listener @returns {() => void} a function that removes the listener */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {string} expression @returns {Promise<any>} the value of the expression, converted to JSON and back */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.ask("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(`${exceptionDetails.text} ${exceptionDetails.exception?.description}`);
    return result.value;
  }

  async close() {
    this.#socket.terminate();
    const gone = new Promise((resolve) => this.#browser.once("close", resolve));
    if (this.#browser.pid !== undefined) process.kill(-this.#browser.pid, "SIGKILL");
    await gone;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** @param {{ id?: number, result?: any, error?: { message: string } } & Partial<ProtocolEvent>} message */
  #hear({ id, result, error, method, params, sessionId }) {
    if (id === undefined) {
      if (method !== undefined)
        for (const listener of this.#listeners) listener({ method, params, ...(sessionId && { sessionId }) });
      return;
    }
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error.message));
  }
}
