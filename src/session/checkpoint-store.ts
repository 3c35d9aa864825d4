import type { SessionCheckpoint } from "./checkpoint.js";
import type { ManagedBacktestSession } from "./managed-session.js";

/** The part of `Storage` that is used. Structural, so that the types do not need the DOM library. */
interface PageStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps a session's checkpoint in a page's storage, so that the session goes on after a reload: written when the page is
 * hidden or left, removed when the session ends for good. `sessionStorage` is a tab's own: two tabs don't share a session.
 *
 * @param storage default: `sessionStorage`
 * @returns ends the keeping
 * @example
 * const checkpoint = loadCheckpoint("run");
 * const session = checkpoint ? await client.resumeSession(checkpoint) : await client.startSession(create);
 * keepCheckpoint(session, "run");
 */
export function keepCheckpoint(session: ManagedBacktestSession, key: string, storage: PageStorage = sessionStorage): () => void {
  const listening = new AbortController();
  const handleHidden = (): void => {
    if (document.visibilityState === "hidden") storage.setItem(key, JSON.stringify(session.checkpoint()));
  };
  const handleLeft = (): void => storage.setItem(key, JSON.stringify(session.checkpoint()));
  document.addEventListener("visibilitychange", handleHidden, { signal: listening.signal });
  window.addEventListener("pagehide", handleLeft, { signal: listening.signal });
  void session.closed.then(({ reason }) => {
    // The key may be another session's by now.
    if (listening.signal.aborted) return;
    listening.abort();
    if (reason !== "detached") storage.removeItem(key);
  });
  return () => listening.abort();
}

/** The checkpoint that was kept, if there is one. */
export function loadCheckpoint(key: string, storage: PageStorage = sessionStorage): SessionCheckpoint | undefined {
  const kept = storage.getItem(key);
  return kept === null ? undefined : (JSON.parse(kept) as SessionCheckpoint);
}
