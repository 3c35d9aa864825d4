import * as v from "valibot";
import { decodeBase64 } from "../codec/base64.js";
import { parseJson } from "../codec/json.js";
import { encodeUtf8 } from "../codec/utf8.js";
import { invalidParams, messageOf } from "../protocol/error-helpers.js";
import { describeIssue, FIRST_ISSUE } from "../protocol/message.js";
import { type RerouteParams, reroute } from "../protocol/reroute.js";
import type { SimulatorError } from "../protocol/simulator-error.js";

/**
 * A direct-fill template: an instruction of a venue, and the positions at which the server replaces the amount and the accounts
 * for each swap. See `reroute.directFill` of a session.
 */
export type DirectFillTemplate = NonNullable<RerouteParams["directFill"]>[number];

type Template = NonNullable<v.InferOutput<typeof reroute>["directFill"]>[number];

/** The size of the amount that the server writes into the data of the instruction, in bytes. */
const AMOUNT_BYTES = 8;
/** The limit of accounts in one instruction. */
const MAX_ACCOUNTS = 255;
/** Limits of the runtime for the seeds of a program address. */
const MAX_SEEDS = 16;
const MAX_SEED_BYTES = 32;

/**
 * Reads a list of direct-fill templates. Checks the labels, the mints, the position of the amount, and the account positions of
 * the taker, as the server does. Members that the server does not read are allowed, and are omitted from the result.
 *
 * @param templates the list, as JSON or as its parsed value
 * @throws SimulatorError `invalidParams`; its `field` is the path of the first problem, such as `templates.2.taker.user`
 * @example const directFill = readTemplates(await readFile("venues.json", "utf8"));
 */
export function readTemplates(templates: unknown): DirectFillTemplate[] {
  const value = typeof templates === "string" ? parse(templates) : templates;
  if (!Array.isArray(value)) throw invalidParams("templates", "expected a list of templates");
  if (value.length === 0) throw invalidParams("templates", "expected at least one template");
  const parsed = v.safeParse(reroute, { directFill: value }, FIRST_ISSUE);
  if (!parsed.success) {
    const { path } = describeIssue(parsed.issues[0], "directFill");
    throw invalidParams(path.replace(/^directFill/, "templates"), parsed.issues[0].message);
  }
  const read = parsed.output.directFill ?? [];
  const labels = new Set<string>();
  for (const [index, template] of read.entries()) {
    check(template, (field, problem) => invalidParams(`templates.${index}.${field}`, `${problem} (${label(template)})`));
    if (labels.has(template.label)) {
      throw invalidParams(
        `templates.${index}.label`,
        `${label(template)} has the label of an earlier template; use a different label for each template`,
      );
    }
    labels.add(template.label);
  }
  return read;
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw invalidParams("templates", `not JSON: ${messageOf(cause)}`, cause);
  }
}

function label({ label: text }: Template): string {
  return `template ${JSON.stringify(text)}`;
}

/** Returns the number of bytes in a base64 text. `undefined` if it is not base64. */
function bytesIn(base64: string): number | undefined {
  try {
    return decodeBase64(base64).length;
  } catch {
    return undefined;
  }
}

/** Returns a list of account positions. A single position becomes a list of one item. */
function slotsOf(slots: number | readonly number[]): readonly number[] {
  return typeof slots === "number" ? [slots] : slots;
}

/** Checks one template. @throws the error that `refuse` returns */
function check(template: Template, refuse: (field: string, problem: string) => SimulatorError): void {
  const { inputMint, outputMint, amountOffset, taker } = template;
  const { accounts, data } = template.instruction;
  if (template.label.trim() === "") throw refuse("label", "the label is blank");
  if (inputMint === outputMint) throw refuse("outputMint", "it is also the input mint; use two different mints");
  if (accounts.length === 0 || accounts.length > MAX_ACCOUNTS) {
    throw refuse("instruction.accounts", `expected 1 to ${MAX_ACCOUNTS} accounts, got ${accounts.length}`);
  }
  const size = bytesIn(data.data);
  if (size === undefined) throw refuse("instruction.data.data", "expected base64");
  if (amountOffset + AMOUNT_BYTES > size) {
    throw refuse(
      "amountOffset",
      `the amount needs ${AMOUNT_BYTES} bytes at offset ${amountOffset}, but the data has ${size} bytes`,
    );
  }
  checkSlots(template, refuse);
  for (const [index, { seeds }] of (taker.derived ?? []).entries()) {
    const field = `taker.derived.${index}.seeds`;
    if (seeds.length === 0 || seeds.length > MAX_SEEDS)
      throw refuse(field, `expected 1 to ${MAX_SEEDS} seeds, got ${seeds.length}`);
    const isLong = seeds.some((seed) => typeof seed !== "string" && encodeUtf8(seed.utf8).length > MAX_SEED_BYTES);
    if (isLong) throw refuse(field, `a seed has at most ${MAX_SEED_BYTES} bytes`);
  }
}

/**
 * Checks the slots of the taker. A slot is a position in the account list of the instruction. Each slot must exist and have only
 * one role. If the role requires the flag `signer` or `writable`, the account must have this flag.
 */
function checkSlots(
  { instruction: { accounts }, taker }: Template,
  refuse: (field: string, problem: string) => SimulatorError,
): void {
  const roles: [field: string, slots: readonly number[], flag: "signer" | "writable" | undefined][] = [
    ["taker.user", taker.user, "signer"],
    ["taker.inputTokenAccount", slotsOf(taker.inputTokenAccount), "writable"],
    ["taker.outputTokenAccount", slotsOf(taker.outputTokenAccount), "writable"],
    ...(taker.derived ?? []).map(({ slots }, index): [string, readonly number[], undefined] => [
      `taker.derived.${index}.slots`,
      slotsOf(slots),
      undefined,
    ]),
  ];
  const used = new Set<number>();
  for (const [field, slots, flag] of roles) {
    if (slots.length === 0) throw refuse(field, "expected at least one slot");
    for (const slot of slots) {
      const account = accounts[slot];
      if (account === undefined)
        throw refuse(field, `slot ${slot} does not exist; the instruction has ${accounts.length} accounts`);
      if (used.has(slot)) throw refuse(field, `slot ${slot} has more than one role`);
      if (flag !== undefined && !account[flag]) throw refuse(field, `the account in slot ${slot} must be ${flag}`);
      used.add(slot);
    }
  }
}
