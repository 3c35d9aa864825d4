import { expect, test } from "vitest";
import { normalizeSessionName } from "../../src/protocol/session-name.js";
import { wire } from "./vectors.js";

for (const { name, ...outcome } of wire.sessionNames) {
  const shown = name.length > 40 ? `${name.slice(0, 3)}… (${name.length} characters)` : name;
  test(`the name "${shown}" ${"ok" in outcome ? "is accepted and converted to lower case" : "is refused with the message of the crate"}`, () => {
    expect(normalizeSessionName(name)).toEqual(outcome);
  });
}
