import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { SubscriptionKindName } from "../../src/channels/subscription-kinds.js";
import { DEFAULT_RECONNECT } from "../../src/connection/reconnect-policy.js";
import { DEFAULT_TIMEOUTS } from "../../src/connection/session-timeouts.js";
import { EVENT_TYPES } from "../../src/react/event-types.js";
import { SubscribableSession } from "../../src/session/subscribable-session.js";
import { DEFAULT_LIVENESS } from "../../src/transport/liveness.js";

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
const EVENTS = read("events.md");
const OPTIONS = read("options.md");

/** All kinds. If a kind is missing here, the test does not compile. */
const KINDS: Record<SubscriptionKindName, true> = {
  accountDiff: true,
  singleAccountDiff: true,
  transaction: true,
  action: true,
  diagnostic: true,
  replacement: true,
  logs: true,
  account: true,
  program: true,
  signature: true,
  slot: true,
};

/** Returns the names in the list below a heading. */
function namesBelow(page: string, heading: string): string[] {
  const [, section = ""] = page.split(`\n${heading}\n`);
  const [own = ""] = section.split(/\n##/);
  return [...own.matchAll(/^- `(\w+)`: \S/gm)].map(([, name = ""]) => name);
}

it("docs/events.md lists each event of a session, and no others", () => {
  expect(namesBelow(EVENTS, "## Events of a session").sort()).toEqual([...EVENT_TYPES].sort());
});

it("docs/events.md lists each kind of subscription and each subscribe method", () => {
  const [, section = ""] = EVENTS.split("## Kinds of subscriptions\n");
  expect(namesBelow(EVENTS, "## Kinds of subscriptions").sort()).toEqual(Object.keys(KINDS).sort());
  const methods = Object.getOwnPropertyNames(SubscribableSession.prototype).filter((name) => /^subscribe[A-Z]/.test(name));
  expect(methods.length).toBeGreaterThan(8);
  for (const method of methods) expect(section).toContain(`\`${method}\``);
});

it.each([
  { type: "ReconnectPolicy", defaults: DEFAULT_RECONNECT },
  { type: "LivenessPolicy", defaults: DEFAULT_LIVENESS },
  { type: "SessionTimeouts", defaults: DEFAULT_TIMEOUTS },
])("docs/options.md states the same defaults of $type as the code", ({ type, defaults }) => {
  const names = namesBelow(OPTIONS, `### ${type}`);
  const [, section = ""] = OPTIONS.split(`\n### ${type}\n`);
  for (const [name, value] of Object.entries(defaults)) {
    expect(names).toContain(name);
    if (typeof value === "number") expect(section).toMatch(new RegExp(`^- \`${name}\`: .*Default: \`${value}\`\\.$`, "m"));
  }
});
