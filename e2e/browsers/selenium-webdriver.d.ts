// Types for the parts of the package selenium-webdriver that launch-webkit.ts uses. The package itself has no types.
declare module "selenium-webdriver" {
  export interface WebDriver {
    get(url: string): Promise<void>;
    executeAsyncScript(script: string): Promise<unknown>;
    navigate(): { refresh(): Promise<void>; back(): Promise<void> };
    manage(): { setTimeouts(timeouts: { script?: number; pageLoad?: number }): Promise<void> };
    getCapabilities(): Promise<Capabilities>;
    getWindowHandle(): Promise<string>;
    switchTo(): { newWindow(type: "tab" | "window"): Promise<void>; window(handle: string): Promise<void> };
    /** Closes the tab. */
    close(): Promise<void>;
    /** Ends the browser. */
    quit(): Promise<void>;
  }

  export class Capabilities {
    constructor(capabilities: Record<string, unknown>);
    get(name: string): unknown;
  }

  export class Builder {
    usingServer(url: string): this;
    withCapabilities(capabilities: Capabilities): this;
    /** Without this call, environment variables such as SELENIUM_BROWSER select the browser. */
    disableEnvironmentOverrides(): this;
    build(): Promise<WebDriver>;
  }
}

declare module "selenium-webdriver/remote/index.js" {
  /** A WebDriver program. */
  export class DriverService {
    constructor(executable: string, options: { loopback: boolean; port: number; args: string[]; env: NodeJS.ProcessEnv });
    /** Starts the driver program. Resolves with its address when the program responds. */
    start(timeoutMs: number): Promise<string>;
    kill(): Promise<void>;
  }
}

declare module "selenium-webdriver/net/portprober.js" {
  /** A free port. */
  export function findFreePort(host: string): Promise<number>;
}
