import type { SmokeBrowser } from "./smoke-tab.js";

/** Launches the browser of the current vitest project. Loads only the driver for this browser. */
export async function launchBrowser(): Promise<SmokeBrowser> {
  switch (process.env.SMOKE_BROWSER) {
    case "firefox":
      return (await import("./launch-firefox.js")).launchFirefox();
    case "webkit":
      return (await import("./launch-webkit.js")).launchWebKit();
    default:
      throw new Error("SMOKE_BROWSER is not set: run `npm run test:browsers`");
  }
}
