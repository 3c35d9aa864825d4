import type { SessionCheckpoint } from "./session-checkpoint.js";

/** The members of `Storage` that this module uses. A structural type, so that users do not need the types of the DOM library. */
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
 * Saves a session's checkpoint in a page's storage, so that the session can resume after a reload. The checkpoint is saved when the
 * user hides or leaves the page. When the session ends, the checkpoint is removed, unless the session was detached.
 * `sessionStorage` belongs to one tab, so two tabs do not share a session.
 *
 * @param storage where to save the checkpoint; nothing is saved if the storage is not available. @default sessionStorage
 * @returns a function that stops saving
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
    // The caller has stopped saving. Another session may use the storage key now.
    if (listening.signal.aborted) return;
    listening.abort();
    if (reason !== "detached") storage.removeItem(key);
  });
  return () => listening.abort();
}

/** Loads the checkpoint saved under a key. Returns `undefined` if there is no checkpoint or no storage. */
export function loadCheckpoint(key: string, storage = pageStorage()): SessionCheckpoint | undefined {
  const saved = storage?.getItem(key) ?? null;
  return saved === null ? undefined : (JSON.parse(saved) as SessionCheckpoint);
}

/** Returns `sessionStorage`, or `undefined` if reading it throws because the browser blocks storage. */
function pageStorage(): PageStorage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
