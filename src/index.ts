export * from "./browser.js";
// Values too, for `instanceof`. A page without a bundler has them as types alone: it loads their files when it starts one.
export { ManagedParallelSession, ParallelSubSession } from "./session/parallel-session.js";
export { BacktestConnection } from "./session/raw-connection.js";
