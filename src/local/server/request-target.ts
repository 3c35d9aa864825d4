import { parseSessionId } from "../../protocol/ids.js";

/** Splits a request target into path and query. The path of an invalid target is empty. */
export function readTarget(target: string): { path: string; query: URLSearchParams } {
  const at = target.indexOf("?");
  const path = at < 0 ? target : target.slice(0, at);
  return { path: path.replace(/\/+$/, "") || "/", query: new URLSearchParams(at < 0 ? "" : target.slice(at)) };
}

/** Returns the session id in a path `/backtest/ID`. */
export function sessionIdOf(path: string): string | undefined {
  const [, id] = /^\/backtest\/([^/]+)$/.exec(path) ?? [];
  return parseSessionId(id);
}
