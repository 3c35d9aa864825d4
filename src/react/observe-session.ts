import { EventEmitter } from "eventemitter3";
import type { SessionEvents } from "../session/subscribable-session.js";
import type { AnySession } from "./any-session.js";

/**
 * Adds a listener that only observes. Unlike `session.on`, it does not start delivery: the listener receives the events that another
 * consumer reads.
 *
 * @returns a function that removes the listener
 */
export function observe(session: AnySession, name: keyof SessionEvents, listener: () => void): () => void {
  EventEmitter.prototype.on.call(session, name, listener);
  return () => void session.off(name, listener);
}
