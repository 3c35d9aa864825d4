import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { Builder, Capabilities, type WebDriver } from "selenium-webdriver";
import { findFreePort } from "selenium-webdriver/net/portprober.js";
import { DriverService } from "selenium-webdriver/remote/index.js";
import { type WatchedSite, watchConsole } from "./console-watch.js";
import { callIn, readAnswer, type SmokeBrowser, type SmokeTab, waitIn } from "./smoke-tab.js";

/** Limit of each driver command, in ms. */
const STEP_LIMIT_MS = 180_000;

/**
 * Launches WebKitGTK's MiniBrowser on a virtual screen, driven over WebDriver. All tabs share one browser, because a second start
 * can hang.
 */
export async function launchWebKit(): Promise<SmokeBrowser> {
  const screen = await startScreen(programOf("XVFB_PATH"));
  const port = await findFreePort("127.0.0.1");
  const { WAYLAND_DISPLAY: _, ...env } = process.env;
  const service = new DriverService(programOf("WEBKIT_DRIVER_PATH"), {
    loopback: true,
    port,
    args: [`--port=${port}`],
    // With the locale C, the browser's language is en-US. With C.UTF-8, the language is "C", and Intl throws.
    env: { ...env, DISPLAY: screen.display, GDK_BACKEND: "x11", LC_ALL: "C" },
  });
  const driver = await new Builder()
    .usingServer(await service.start(STEP_LIMIT_MS))
    .withCapabilities(
      new Capabilities({
        browserName: "MiniBrowser",
        "webkitgtk:browserOptions": { binary: programOf("MINIBROWSER_PATH"), args: ["--automation"] },
      }),
    )
    .disableEnvironmentOverrides()
    .build();
  await driver.manage().setTimeouts({ script: STEP_LIMIT_MS, pageLoad: STEP_LIMIT_MS });
  // The first tab stays open, because the browser exits when its last tab is closed.
  const first = await driver.getWindowHandle();
  return {
    version: `WebKitGTK ${String((await driver.getCapabilities()).get("browserVersion"))}`,
    keepsLeftPages: true,
    open: async (url) => {
      const site = await watchConsole(url);
      await driver.switchTo().newWindow("window");
      await driver.get(site.url);
      return new WebKitTab(driver, first, site);
    },
    close: async () => {
      await driver.quit();
      await service.kill();
      await screen.close();
    },
  };
}

/** A tab. The driver controls one tab at a time, so a test must finish with one tab before it opens another. */
class WebKitTab implements SmokeTab {
  readonly #driver: WebDriver;
  readonly #first: string;
  readonly #site: WatchedSite;

  constructor(driver: WebDriver, first: string, site: WatchedSite) {
    this.#driver = driver;
    this.#first = first;
    this.#site = site;
  }

  async ask<Args extends unknown[], Result>(what: (...args: Args) => Result | Promise<Result>, ...args: Args): Promise<Result> {
    return readAnswer(await this.#evaluate(callIn(what, args)));
  }

  async until<Args extends unknown[]>(holds: (...args: Args) => boolean, ...args: Args): Promise<void> {
    await this.#evaluate(waitIn(holds, args));
  }

  reload(): Promise<void> {
    return this.#driver.navigate().refresh();
  }

  leaveFor(path: string): Promise<void> {
    return this.#driver.get(String(new URL(path, this.#site.url)));
  }

  goBack(): Promise<void> {
    return this.#driver.navigate().back();
  }

  problems(): readonly string[] {
    return this.#site.problems;
  }

  async close(): Promise<void> {
    await this.#driver.close();
    await this.#driver.switchTo().window(this.#first);
    await this.#site.close();
  }

  async #evaluate(expression: string): Promise<string> {
    // The script returns [text, error], because the driver does not pass on rejections.
    const [text, error] = (await this.#driver.executeAsyncScript(
      `const done = arguments[arguments.length - 1];
      ${expression}.then((text) => done([text, null]), (error) => done([null, String(error) + "\\n" + error?.stack]));`,
    )) as [string, null] | [null, string];
    if (error !== null) throw new Error(`in the page: ${error}`);
    return text;
  }
}

function programOf(variable: string): string {
  const path = process.env[variable];
  if (path === undefined) throw new Error(`${variable} is not set: run \`npm run test:browsers\``);
  return path;
}

/** Starts a virtual X server on the first free display. */
async function startScreen(xvfb: string): Promise<{ display: string; close(): Promise<void> }> {
  const server = spawn(xvfb, ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const exited = once(server, "exit");
  const kill = (): void => {
    server.kill();
  };
  process.once("exit", kill);
  const display = once(server.stdio[3] as Readable, "data");
  const [number] = (await Promise.race([
    display,
    exited.then(([code]) => {
      throw new Error(`Xvfb ended with code ${String(code)}`);
    }),
  ])) as [Buffer];
  return {
    display: `:${String(number).trim()}`,
    close: async () => {
      process.off("exit", kill);
      kill();
      await exited;
    },
  };
}
