const LAST = 18_446_744_073_709_551_615n;

/** Create parameters that are refused before a socket is opened: the mistake, the field that the error names, the parameters. */
export const badCreates: [problem: string, field: string, create: unknown][] = [
  ["end before start", "endSlot", { startSlot: 10, endSlot: 5 }],
  ["end before start, beyond 2^53", "endSlot", { startSlot: LAST, endSlot: LAST - 1n }],
  ["both end and count", "endSlot", { startSlot: 10, endSlot: 20, slotCount: 10 }],
  ["neither end nor count", "endSlot", { startSlot: 10 }],
  ["no start", "startSlot", { endSlot: 10 }],
  ["a negative start", "startSlot", { startSlot: -1, endSlot: 10 }],
  ["a negative bigint", "startSlot", { startSlot: -1n, endSlot: 10 }],
  ["a negative end", "endSlot", { startSlot: 0, endSlot: -1 }],
  ["a negative count", "slotCount", { startSlot: 0, slotCount: -1 }],
  ["a fractional start", "startSlot", { startSlot: 1.5, endSlot: 10 }],
  ["a fractional end", "endSlot", { startSlot: 1, endSlot: 10.5 }],
  ["a fractional count", "slotCount", { startSlot: 1, slotCount: 0.5 }],
  ["a start over 2^64 - 1", "startSlot", { startSlot: LAST + 1n, endSlot: LAST + 1n }],
  ["an end over 2^64 - 1", "endSlot", { startSlot: 1, endSlot: LAST + 1n }],
  ["a count that leads over 2^64 - 1", "slotCount", { startSlot: LAST, slotCount: 2 }],
  ["a count of 0", "slotCount", { startSlot: 1, slotCount: 0 }],
  ["an unknown parameter", "signerFilter", { startSlot: 1, endSlot: 2, signerFilter: [] }],
  ["an extra parameter that this version has", "extra.sendSummary", { startSlot: 1, endSlot: 2, extra: { sendSummary: true } }],
  ["an extra that is no object", "extra", { startSlot: 1, endSlot: 2, extra: "x" }],
  ["a number that was rounded", "startSlot", { startSlot: 2 ** 53, endSlot: 2 ** 53 + 2 }],
  ["not a number", "startSlot", { startSlot: Number.NaN, endSlot: 10 }],
  ["an infinite end", "endSlot", { startSlot: 1, endSlot: Number.POSITIVE_INFINITY }],
  ["a text for a slot", "startSlot", { startSlot: "100", endSlot: 110 }],
  ["null for an end", "endSlot", { startSlot: 1, endSlot: null }],
  ["a name of forbidden characters", "name", { startSlot: 1, endSlot: 2, name: "my run!" }],
  ["an empty name", "name", { startSlot: 1, endSlot: 2, name: "" }],
  ["a name that is too long", "name", { startSlot: 1, endSlot: 2, name: "a".repeat(101) }],
  ["a name that is no text", "name", { startSlot: 1, endSlot: 2, name: 5 }],
  ["a discovery of a bad address", "discoveries.0.value", discovering({ kind: "programExecuted", value: "not an address" })],
  ["an unknown discovery", "discoveries.0.kind", discovering({ kind: "fullMoon", value: "x" })],
  ["a timeout over a u16", "disconnectTimeoutSecs", { startSlot: 1, endSlot: 2, disconnectTimeoutSecs: 70_000 }],
  ["an invalid flag", "sendSummary", { startSlot: 1, endSlot: 2, sendSummary: "yes" }],
  ["a missing create", "create", undefined],
  ["null", "create", null],
];

function discovering(filter: unknown): unknown {
  return { startSlot: 1, endSlot: 2, discoveries: [filter] };
}

/** Lists of programs that a subscribe call refuses: the mistake, the field that the error names, and the list. */
export const badPrograms: [problem: string, field: string, programs: unknown][] = [
  ["no program", "programs", []],
  ["no list", "programs", "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"],
  ["nothing", "programs", undefined],
  ["an address that is too short", "programs.0", ["abc"]],
  ["a second one that isn't base58", "programs.1", ["11111111111111111111111111111111", "0OIl0OIl0OIl0OIl0OIl0OIl0OIl0OIl"]],
  ["a number", "programs.0", [5]],
];

/** Parameters that `continue()` refuses. */
export const badContinues: [problem: string, field: string, params: unknown][] = [
  ["a negative count", "advanceCount", { advanceCount: -1 }],
  ["a fractional count", "advanceCount", { advanceCount: 1.5 }],
  ["a count over 2^64 - 1", "advanceCount", { advanceCount: LAST + 1n }],
  ["transactions that are no list", "transactions", { transactions: "AQ==" }],
  ["a transaction that is no text", "transactions.0", { transactions: [5] }],
  [
    "an invalid account",
    "modifyAccountStates.11111111111111111111111111111111",
    { modifyAccountStates: { "11111111111111111111111111111111": 5 } },
  ],
  ["a name of the wire", "advance_count", { advance_count: 5 }],
  ["a misspelt name", "modifyAccounts", { modifyAccounts: {} }],
  ["null", "params", null],
];

/** Parameters that `continueTo()` refuses. */
export const badContinueTos: [problem: string, field: string, params: unknown][] = [
  ["no slot", "slot", {}],
  ["a negative slot", "slot", { slot: -5n }],
  ["a fractional slot", "slot", { slot: 0.1 }],
  ["a fractional batch", "batchIndex", { slot: 5, batchIndex: 0.5 }],
  ["a batch over a u32", "batchIndex", { slot: 5, batchIndex: 2 ** 32 }],
  ["a name of the wire", "batch_index", { slot: 5, batch_index: 1 }],
  ["nothing", "params", undefined],
];
