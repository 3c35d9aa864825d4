import { encodeBase64Url } from "../codec/base64.js";

/** Shorter secrets are not removed, because they would match unrelated text. */
const MIN_SECRET_LENGTH = 4;

/**
 * Creates a function that removes secrets from a text, such as an error message. The function finds each secret in every form
 * in which it is sent: unchanged, in a URL, in base64 and in a subprotocol.
 */
export function redactor(secrets: Iterable<string | undefined>): (text: string) => string {
  const spellings = [...secrets]
    .filter((secret): secret is string => secret !== undefined && secret.length >= MIN_SECRET_LENGTH)
    .flatMap(spellingsOf)
    .sort((a, b) => b.length - a.length);
  return (text) => spellings.reduce((left, spelling) => left.replaceAll(spelling, "[redacted]"), text);
}

function spellingsOf(secret: string): string[] {
  // A query escapes more characters than a path: https://url.spec.whatwg.org/#concept-urlencoded-serializer
  const inQuery = new URLSearchParams({ _: secret }).toString().slice("_=".length);
  // Lone surrogates are replaced, because encodeURIComponent throws for a text with a lone surrogate.
  const inPath = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, "\ufffd"));
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inBase64Url = encodeBase64Url(secret);
  const inBase64 = inBase64Url.replaceAll("-", "+").replaceAll("_", "/");
  return [secret, inQuery, inPath, inBase64Url, inBase64, inJson];
}
