export type * from "./browser.js";
export { createLocalSimulator } from "./in-page.js";
export { type LocalSimulator, startLocalSimulator } from "./node-server.js";
export type { LocalServerOptions } from "./options.js";
