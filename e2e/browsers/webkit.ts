import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { Builder, Capabilities, type WebDriver } from "selenium-webdriver";
import { findFreePort } from "selenium-webdriver/net/portprober.js";
import { DriverService } from "selenium-webdriver/remote/index.js";
import { watchConsole } from "./console-watch.js";
import { callIn, readAnswer, type SmokeBrowser, type SmokeTab, waitIn } from "./tab.js";

/** For each step of a driver; a page's own waiting included. */
const STEP_LIMIT_MS = 60_000;

/** WebKitGTK's MiniBrowser on a screen that nobody sees, over WebDriver. Each tab is a browser of its own. */
export async function launchWebKit(): Promise<SmokeBrowser> {
  const screen = await startScreen(programOf("XVFB_PATH"));
  const port = await findFreePort("127.0.0.1");
  const { WAYLAND_DISPLAY: _, ...env } = process.env;
  const service = new DriverService(programOf("WEBKIT_DRIVER_PATH"), {
    loopback: true,
    port,
    args: [`--port=${port}`],
    env: { ...env, DISPLAY: screen.display, GDK_BACKEND: "x11" },
  });
  const address = await service.start(STEP_LIMIT_MS);
  const start = (): Promise<WebDriver> =>
    new Builder()
      .usingServer(address)
      .withCapabilities(
        new Capabilities({
          browserName: "MiniBrowser",
          "webkitgtk:browserOptions": { binary: programOf("MINIBROWSER_PATH"), args: ["--automation"] },
        }),
      )
      .disableEnvironmentOverrides()
      .build();
  const first = await start();
  const version = `WebKitGTK ${String((await first.getCapabilities()).get("browserVersion"))}`;
  await first.quit();
  return {
    version,
    open: async (url) => {
      const [driver, site] = await Promise.all([start(), watchConsole(url)]);
      await driver.manage().setTimeouts({ script: STEP_LIMIT_MS, pageLoad: STEP_LIMIT_MS });
      const evaluate = async (expression: string): Promise<string> => {
        // In two parts, for a rejection has no way of its own to come back.
        const [text, error] = (await driver.executeAsyncScript(
          `const done = arguments[arguments.length - 1];
          ${expression}.then((text) => done([text, null]), (error) => done([null, String(error) + "\\n" + error?.stack]));`,
        )) as [string, null] | [null, string];
        if (error !== null) throw new Error(`in the page: ${error}`);
        return text;
      };
      await driver.get(site.url);
      const tab: SmokeTab = {
        ask: async (what, ...args) => readAnswer(await evaluate(callIn(what, args))),
        until: async (holds, ...args) => {
          await evaluate(waitIn(holds, args));
        },
        reload: () => driver.navigate().refresh(),
        problems: () => site.problems,
        close: async () => {
          await driver.quit();
          await site.close();
        },
      };
      return tab;
    },
    close: async () => {
      await service.kill();
      await screen.close();
    },
  };
}

function programOf(variable: string): string {
  const path = process.env[variable];
  if (path === undefined) throw new Error(`${variable} is not set: run \`npm run test:browsers\``);
  return path;
}

/** An X server without a screen, on the first display that is free. */
async function startScreen(xvfb: string): Promise<{ display: string; close(): Promise<void> }> {
  const server = spawn(xvfb, ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const gone = once(server, "exit");
  const kill = (): void => {
    server.kill();
  };
  process.once("exit", kill);
  const told = once(server.stdio[3] as Readable, "data");
  const [number] = (await Promise.race([
    told,
    gone.then(([code]) => {
      throw new Error(`Xvfb ended with code ${String(code)}`);
    }),
  ])) as [Buffer];
  return {
    display: `:${String(number).trim()}`,
    close: async () => {
      process.off("exit", kill);
      kill();
      await gone;
    },
  };
}
