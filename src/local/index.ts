export * from "./browser.js";
export { type LocalSimulator, startLocalSimulator } from "./node-server.js";
export type { LocalServerOptions } from "./options.js";
