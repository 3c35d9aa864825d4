import type { ManagedBacktestSession } from "../session/managed-backtest-session.js";
import type { ParallelSubSession } from "../session/managed-parallel-session.js";

/** A session that the hooks accept: a single session, or a sub-session of a parallel run. */
export type AnySession = ManagedBacktestSession | ParallelSubSession;
