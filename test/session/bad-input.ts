const LAST = 18_446_744_073_709_551_615n;

/** Invalid parameters of a create request: the mistake, the field that the error names, and the parameters. */
export const badCreates: [problem: string, field: string, create: unknown][] = [
  ["an endSlot below startSlot", "endSlot", { startSlot: 10, endSlot: 5 }],
  ["an endSlot below startSlot, both above 2^53", "endSlot", { startSlot: LAST, endSlot: LAST - 1n }],
  ["both endSlot and slotCount", "endSlot", { startSlot: 10, endSlot: 20, slotCount: 10 }],
  ["neither endSlot nor slotCount", "endSlot", { startSlot: 10 }],
  ["no startSlot", "startSlot", { endSlot: 10 }],
  ["a negative startSlot", "startSlot", { startSlot: -1, endSlot: 10 }],
  ["a negative bigint as startSlot", "startSlot", { startSlot: -1n, endSlot: 10 }],
  ["a negative endSlot", "endSlot", { startSlot: 0, endSlot: -1 }],
  ["a negative slotCount", "slotCount", { startSlot: 0, slotCount: -1 }],
  ["a fractional startSlot", "startSlot", { startSlot: 1.5, endSlot: 10 }],
  ["a fractional endSlot", "endSlot", { startSlot: 1, endSlot: 10.5 }],
  ["a fractional slotCount", "slotCount", { startSlot: 1, slotCount: 0.5 }],
  ["a startSlot above 2^64 - 1", "startSlot", { startSlot: LAST + 1n, endSlot: LAST + 1n }],
  ["an endSlot above 2^64 - 1", "endSlot", { startSlot: 1, endSlot: LAST + 1n }],
  ["a slotCount that leads to an endSlot above 2^64 - 1", "slotCount", { startSlot: LAST, slotCount: 2 }],
  ["a slotCount of 0", "slotCount", { startSlot: 1, slotCount: 0 }],
  ["an unknown parameter", "signerFilter", { startSlot: 1, endSlot: 2, signerFilter: [] }],
  ["a known parameter in extra", "extra.sendSummary", { startSlot: 1, endSlot: 2, extra: { sendSummary: true } }],
  ["a text as extra", "extra", { startSlot: 1, endSlot: 2, extra: "x" }],
  ["a startSlot above the safe integers", "startSlot", { startSlot: 2 ** 53, endSlot: 2 ** 53 + 2 }],
  ["NaN as startSlot", "startSlot", { startSlot: Number.NaN, endSlot: 10 }],
  ["an infinite endSlot", "endSlot", { startSlot: 1, endSlot: Number.POSITIVE_INFINITY }],
  ["a text as startSlot", "startSlot", { startSlot: "100", endSlot: 110 }],
  ["null as endSlot", "endSlot", { startSlot: 1, endSlot: null }],
  ["a name with forbidden characters", "name", { startSlot: 1, endSlot: 2, name: "my run!" }],
  ["an empty name", "name", { startSlot: 1, endSlot: 2, name: "" }],
  ["a name that is too long", "name", { startSlot: 1, endSlot: 2, name: "a".repeat(101) }],
  ["a number as name", "name", { startSlot: 1, endSlot: 2, name: 5 }],
  [
    "a discovery filter with an invalid address",
    "discoveries.0.value",
    discovering({ kind: "programExecuted", value: "not an address" }),
  ],
  ["an unknown kind of discovery filter", "discoveries.0.kind", discovering({ kind: "fullMoon", value: "x" })],
  [
    "a disconnectTimeoutSecs above the u16 range",
    "disconnectTimeoutSecs",
    { startSlot: 1, endSlot: 2, disconnectTimeoutSecs: 70_000 },
  ],
  ["a text as sendSummary", "sendSummary", { startSlot: 1, endSlot: 2, sendSummary: "yes" }],
  ["undefined instead of the parameters", "create", undefined],
  ["null instead of the parameters", "create", null],
];

function discovering(filter: unknown): unknown {
  return { startSlot: 1, endSlot: 2, discoveries: [filter] };
}

/** Invalid lists of programs for a subscribe call. Each row has the mistake, the field that the error names, and the list. */
export const badPrograms: [problem: string, field: string, programs: unknown][] = [
  ["an empty list of programs", "programs", []],
  ["a text instead of a list", "programs", "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"],
  ["undefined instead of a list", "programs", undefined],
  ["an address that is too short", "programs.0", ["abc"]],
  ["a second address that is not base58", "programs.1", ["11111111111111111111111111111111", "0OIl0OIl0OIl0OIl0OIl0OIl0OIl0OIl"]],
  ["a number instead of an address", "programs.0", [5]],
];

/** Parameters that `continue()` refuses. */
export const badContinues: [problem: string, field: string, params: unknown][] = [
  ["a negative advanceCount", "advanceCount", { advanceCount: -1 }],
  ["a fractional advanceCount", "advanceCount", { advanceCount: 1.5 }],
  ["an advanceCount above 2^64 - 1", "advanceCount", { advanceCount: LAST + 1n }],
  ["a text instead of a list of transactions", "transactions", { transactions: "AQ==" }],
  ["a number as a transaction", "transactions.0", { transactions: [5] }],
  [
    "a number as an account state",
    "modifyAccountStates.11111111111111111111111111111111",
    { modifyAccountStates: { "11111111111111111111111111111111": 5 } },
  ],
  ["the wire name advance_count", "advance_count", { advance_count: 5 }],
  ["the unknown name modifyAccounts", "modifyAccounts", { modifyAccounts: {} }],
  ["null instead of the parameters", "params", null],
];

/** Parameters that `continueTo()` refuses. */
export const badContinueTos: [problem: string, field: string, params: unknown][] = [
  ["no slot", "slot", {}],
  ["a negative slot", "slot", { slot: -5n }],
  ["a fractional slot", "slot", { slot: 0.1 }],
  ["a fractional batchIndex", "batchIndex", { slot: 5, batchIndex: 0.5 }],
  ["a batchIndex above the u32 range", "batchIndex", { slot: 5, batchIndex: 2 ** 32 }],
  ["the wire name batch_index", "batch_index", { slot: 5, batch_index: 1 }],
  ["undefined instead of the parameters", "params", undefined],
];
