const WELL_FORMED = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;
const MAX_LENGTH = 100;

/**
 * Returns a session name in lower case, as the server stores it, or the reason why the name is invalid. The rules and the message
 * are those of the Rust crate (`simulator-api` 0.28, `session_name.rs`).
 */
export function normalizeSessionName(name: string): { ok: string } | { error: string } {
  const lowered = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (lowered.length <= MAX_LENGTH && WELL_FORMED.test(lowered)) return { ok: lowered };
  return {
    error: `invalid session name '${name}': use 1-${MAX_LENGTH} letters, digits, '-', '_' or '.', starting and ending with a letter or digit`,
  };
}
