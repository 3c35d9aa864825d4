import { EventEmitter } from "eventemitter3";
import type { SessionEvents } from "../session/driver.js";
import type { AnySession } from "./any-session.js";

/**
 * Listens without taking part: the session's own `on` starts the flow of events, this doesn't. What is heard is what somebody
 * else takes, at their pace.
 *
 * @returns ends it
 */
export function observe(session: AnySession, name: keyof SessionEvents, listener: () => void): () => void {
  EventEmitter.prototype.on.call(session, name, listener);
  return () => void session.off(name, listener);
}
