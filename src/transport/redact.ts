import { encodeBase64Url } from "../codec/base64.js";

/** Shorter ones would be found in texts that have nothing to do with them. */
const MIN_SECRET_LENGTH = 4;

/**
 * A function that takes secrets out of a text, in every spelling in which they travel: as they are, in a URL, in a
 * subprotocol. Platforms put URLs and headers into the messages of their errors.
 */
export function redactor(secrets: Iterable<string | undefined>): (text: string) => string {
  const spellings = [...secrets]
    .filter((secret): secret is string => secret !== undefined && secret.length >= MIN_SECRET_LENGTH)
    .flatMap(spellingsOf)
    .sort((a, b) => b.length - a.length);
  return (text) => spellings.reduce((left, spelling) => left.replaceAll(spelling, "[redacted]"), text);
}

function spellingsOf(secret: string): string[] {
  // A query's encoding (https://url.spec.whatwg.org/#concept-urlencoded-serializer) escapes more than encodeURIComponent.
  const inQuery = new URLSearchParams({ _: secret }).toString().slice("_=".length);
  // What is no Unicode can't be sent either, but it mustn't make this throw.
  const inPath = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, "\ufffd"));
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inQuery, inPath, encodeBase64Url(secret), inJson];
}
