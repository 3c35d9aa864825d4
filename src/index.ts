export * from "./browser.js";
// What pages rarely need, or load when they start one: their one file has of these the types alone, `browser-all.js` all.
export { ReconnectCoordinator } from "./connection/coordinator.js";
export { ReconnectBudget } from "./connection/reconnect-budget.js";
export { filterRanges } from "./protocol/filter-ranges.js";
export { encodeRequest } from "./protocol/requests.js";
export { decodeResponse } from "./protocol/responses.js";
export { splitRange } from "./protocol/split-range.js";
export { overrideAt, programOverride } from "./session/overrides.js";
// Values too, for `instanceof`.
export { ManagedParallelSession, ParallelSubSession } from "./session/parallel-session.js";
export { BacktestConnection } from "./session/raw-connection.js";
