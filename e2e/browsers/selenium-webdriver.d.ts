// The package has no types of its own. These are the parts that webkit.ts uses.
declare module "selenium-webdriver" {
  export interface WebDriver {
    get(url: string): Promise<void>;
    executeAsyncScript(script: string): Promise<unknown>;
    navigate(): { refresh(): Promise<void>; back(): Promise<void> };
    manage(): { setTimeouts(timeouts: { script?: number; pageLoad?: number }): Promise<void> };
    getCapabilities(): Promise<Capabilities>;
    getWindowHandle(): Promise<string>;
    switchTo(): { newWindow(type: "tab" | "window"): Promise<void>; window(handle: string): Promise<void> };
    /** The tab. */
    close(): Promise<void>;
    /** The browser. */
    quit(): Promise<void>;
  }

  export class Capabilities {
    constructor(capabilities: Record<string, unknown>);
    get(name: string): unknown;
  }

  export class Builder {
    usingServer(url: string): this;
    withCapabilities(capabilities: Capabilities): this;
    /** Without it SELENIUM_BROWSER and its kind decide what is started. */
    disableEnvironmentOverrides(): this;
    build(): Promise<WebDriver>;
  }
}

declare module "selenium-webdriver/remote/index.js" {
  /** A WebDriver program, from its start to its end. */
  export class DriverService {
    constructor(executable: string, options: { loopback: boolean; port: number; args: string[]; env: NodeJS.ProcessEnv });
    /** Resolves with its address once it answers. */
    start(timeoutMs: number): Promise<string>;
    kill(): Promise<void>;
  }
}

declare module "selenium-webdriver/net/portprober.js" {
  /** A port on which nobody listens at the moment. */
  export function findFreePort(host: string): Promise<number>;
}
