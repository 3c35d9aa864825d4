import { encodeBase64Url } from "../codec/base64.js";

/** Shorter ones would be found in texts that have nothing to do with them. */
const MIN_SECRET_LENGTH = 4;

/**
 * A function that takes secrets out of a text, in every spelling in which they travel: as they are, in a URL, in a
 * subprotocol. Platforms put URLs and headers into the messages of their errors.
 */
export function redactor(secrets: readonly (string | undefined)[]): (text: string) => string {
  const spellings = secrets
    .filter((secret) => secret !== undefined && secret.length >= MIN_SECRET_LENGTH)
    .flatMap((secret) => [secret as string, encodeURIComponent(secret as string), encodeBase64Url(secret as string)])
    .sort((a, b) => b.length - a.length);
  return (text) => spellings.reduce((left, spelling) => left.replaceAll(spelling, "[redacted]"), text);
}
