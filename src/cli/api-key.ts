import { UsageError } from "./command-failure.js";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The only source of the API key. There is no option for it, because command-line arguments are visible in the list of processes.
 */
export const KEY_VARIABLE = "SIMULATOR_API_KEY";

/** An API key may contain only these characters, because it is sent in a header (RFC 9110, 5.5). */
const VISIBLE = /^[\x21-\x7e]+$/;

/** Whether an HTTP header can contain the key. */
export function isValidKey(key: string): boolean {
  return VISIBLE.test(key);
}

/** Reads the API key from the environment, unchecked. Returns `undefined` if the variable is missing or empty. */
export function readApiKey(env: Env): string | undefined {
  return env[KEY_VARIABLE] || undefined;
}

/**
 * Returns the API key from the environment. `undefined` if the variable is missing or empty.
 *
 * @throws UsageError if an HTTP header cannot contain the key. The message does not contain the key.
 */
export function validApiKey(env: Env): string | undefined {
  const key = readApiKey(env);
  if (key === undefined || isValidKey(key)) return key;
  throw new UsageError(`${KEY_VARIABLE}: expected visible ASCII characters. Check the value for spaces and line breaks`);
}
