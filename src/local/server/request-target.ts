import { parseSessionId } from "../../protocol/ids.js";

/** A request's path and query; an invalid target has an empty path. */
export function readTarget(target: string): { path: string; query: URLSearchParams } {
  const at = target.indexOf("?");
  const path = at < 0 ? target : target.slice(0, at);
  return { path: path.replace(/\/+$/, "") || "/", query: new URLSearchParams(at < 0 ? "" : target.slice(at)) };
}

/** The session that a path `/backtest/ID` names. */
export function sessionIdOf(path: string): string | undefined {
  const [, id] = /^\/backtest\/([^/]+)$/.exec(path) ?? [];
  return parseSessionId(id);
}
