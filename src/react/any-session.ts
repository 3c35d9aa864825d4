import type { ManagedBacktestSession } from "../session/managed-session.js";
import type { ParallelSubSession } from "../session/parallel-session.js";

/** What the hooks can look at: a session, or one part of a parallel run. */
export type AnySession = ManagedBacktestSession | ParallelSubSession;
