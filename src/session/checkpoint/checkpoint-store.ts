import type { SessionCheckpoint } from "./session-checkpoint.js";

/** The part of `Storage` that is used. Structural, so that the types do not need the DOM library. */
interface PageStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A session whose checkpoint is saved. */
interface CheckpointedSession {
  readonly closed: Promise<{ reason: string }>;
  checkpoint(): SessionCheckpoint;
}

/**
 * Saves a session's checkpoint in a page's storage, so that the session can resume after a reload. Writes it when the page
 * is hidden or left, and removes it when the session ends, unless it was detached. `sessionStorage` belongs to one tab, so
 * two tabs do not share a session.
 *
 * @param storage where to save it; nothing is saved if it is not available. @default sessionStorage
 * @returns stops the saving
 * @example
 * const checkpoint = loadCheckpoint("run");
 * const session = checkpoint ? await client.resumeSession(checkpoint) : await client.startSession(create);
 * saveCheckpoint(session, "run");
 */
export function saveCheckpoint(session: CheckpointedSession, key: string, storage = pageStorage()): () => void {
  if (storage === undefined || typeof document === "undefined") return () => {};
  const listening = new AbortController();
  const save = (): void => storage.setItem(key, JSON.stringify(session.checkpoint()));
  const handleVisibility = (): void => {
    if (document.visibilityState === "hidden") save();
  };
  document.addEventListener("visibilitychange", handleVisibility, { signal: listening.signal });
  window.addEventListener("pagehide", save, { signal: listening.signal });
  void session.closed.then(({ reason }) => {
    // By now the key may be another session's.
    if (listening.signal.aborted) return;
    listening.abort();
    if (reason !== "detached") storage.removeItem(key);
  });
  return () => listening.abort();
}

/** Loads the checkpoint that was saved under a key; `undefined` if there is none, or no storage. */
export function loadCheckpoint(key: string, storage = pageStorage()): SessionCheckpoint | undefined {
  const saved = storage?.getItem(key) ?? null;
  return saved === null ? undefined : (JSON.parse(saved) as SessionCheckpoint);
}

/** `sessionStorage`, where it can be used: reading it throws where storage is blocked. */
function pageStorage(): PageStorage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
