import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULTS, isAddress, readQuery, readSettings, readSlot } from "../../demo/dashboard/view/settings.js";
import { encodeBase58 } from "../../src/codec/base58.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const MOST_U64 = 2n ** 64n - 1n;

const settingsOf = (changes: Partial<typeof DEFAULTS>) => {
  const answer = readSettings({ ...DEFAULTS, ...changes });
  if ("problems" in answer) throw new Error(JSON.stringify(answer.problems));
  return answer.settings;
};
const problemsOf = (changes: Partial<typeof DEFAULTS>) => {
  const answer = readSettings({ ...DEFAULTS, ...changes });
  return "problems" in answer ? answer.problems : {};
};

describe("readSettings", () => {
  it("takes the form as it is at first", () => {
    expect(settingsOf({})).toEqual({
      source: { kind: "inPage", seed: "1", transactionsPerSlot: 4, slotDelayMs: 15, skipRate: 0.05 },
      startSlot: 300_000_000n,
      slotCount: 2000n,
      programs: [],
      streams: { transactions: true, accountDiffs: true },
      discoverPrograms: [],
      step: 10,
      parallel: false,
      rows: 10_000,
    });
  });

  it("takes the last slot that there is, and none after it", () => {
    expect(settingsOf({ startSlot: `${MOST_U64}`, slotCount: "0" }).startSlot).toBe(MOST_U64);
    expect(problemsOf({ startSlot: `${MOST_U64}`, slotCount: "1" })).toEqual({
      slotCount: expect.stringContaining(": 0 at most"),
    });
    expect(Object.keys(problemsOf({ startSlot: `${MOST_U64 + 1n}` }))).toEqual(["startSlot"]);
  });

  it.each([
    ["tps", "0"],
    ["tps", "10001"],
    ["tps", "1.5"],
    ["tps", ""],
    ["delay", "-1"],
    ["skip", "1.01"],
    ["skip", "much"],
    ["step", "0"],
    ["rows", "99"],
    ["rows", "1e9"],
    ["startSlot", "-5"],
    ["startSlot", "0x10"],
    ["slotCount", "3.0"],
    ["programs", "0OIl"],
    ["discover", TOKEN.slice(1)],
  ] as const)("tells of %s %j at that field alone", (field, text) => {
    expect(Object.keys(problemsOf({ [field]: text }))).toEqual([field]);
  });

  it("names the address that is none", () => {
    expect(problemsOf({ programs: `${TOKEN}\nnone` }).programs).toMatch(/^none is no address/);
  });

  it("takes programs by lines, blanks or commas, each once", () => {
    const other = encodeBase58(new Uint8Array(32).fill(7));
    expect(settingsOf({ programs: ` ${TOKEN}\n\n${other}, ${TOKEN} ` }).programs).toEqual([TOKEN, other]);
  });

  describe("on an address", () => {
    const there = { kind: "url", programs: TOKEN } as const;

    it.each([
      ["ws://127.0.0.1:4100/backtest", "ws://127.0.0.1:4100/backtest"],
      [" simulator.example ", "wss://simulator.example"],
      ["WSS://simulator.example:8443", "WSS://simulator.example:8443"],
    ])("takes %j", (url, expected) => {
      expect(settingsOf({ ...there, url }).source).toMatchObject({ kind: "url", url: expected });
    });

    it.each(["", "http://simulator.example", "wss://", "ws:///backtest", "ws://a b"])(
      "refuses %j, and says what to write",
      (url) => {
        expect(problemsOf({ ...there, url })).toEqual({ url: expect.stringContaining("ws://127.0.0.1:4100") });
      },
    );

    it.each(["wss://key@simulator.example", "wss://simulator.example/?api_key=key"])("wants no key in it: %j", (url) => {
      expect(problemsOf({ ...there, url })).toEqual({ url: expect.stringContaining("field of its own") });
    });

    it("refuses a fragment", () => {
      expect(Object.keys(problemsOf({ ...there, url: "wss://simulator.example/#part" }))).toEqual(["url"]);
    });

    it("needs a program, unless nothing is watched", () => {
      expect(Object.keys(problemsOf({ kind: "url" }))).toEqual(["programs"]);
      expect(settingsOf({ kind: "url", transactions: false, accountDiffs: false }).programs).toEqual([]);
    });

    it("doesn't ask for what only the simulator in the page has", () => {
      expect(problemsOf({ ...there, tps: "none", skip: "7" })).toEqual({});
    });
  });
});

describe("readSlot", () => {
  it("reads each slot that there is, grouped or not, exactly", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, MOST_U64), fc.constantFrom("", ",", "_", " ", "’", "'"), (slot, between) => {
        const grouped = `${slot}`.replace(/\B(?=(\d{3})+$)/g, between);
        expect(readSlot(grouped)).toBe(slot);
      }),
    );
  });

  it.each(["", "1.5", "1e3", "-1", ",1", "1,", "1__0", `${MOST_U64 + 1n}`, "99999999999999999999999"])("refuses %j", (text) => {
    expect(readSlot(text)).toBeUndefined();
  });
});

describe("isAddress", () => {
  it("is any 32 bytes in base58, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 30, maxLength: 34 }), (bytes) => {
        expect(isAddress(encodeBase58(bytes))).toBe(bytes.length === 32);
      }),
    );
  });

  it("knows addresses that begin with zeros", () => {
    expect(isAddress("11111111111111111111111111111111")).toBe(true);
    expect(isAddress("111111111111111111111111111111111")).toBe(false);
    expect(isAddress("ComputeBudget111111111111111111111111111111")).toBe(true);
  });
});

describe("readQuery", () => {
  it("is the form's own beginning without one", () => {
    expect(readQuery(new URLSearchParams())).toEqual(DEFAULTS);
  });

  it("fills the form", () => {
    const query = new URLSearchParams({
      url: "ws://127.0.0.1:9",
      startSlot: "5",
      programs: "A,B",
      transactions: "0",
      parallel: "1",
      discover: "C",
    });
    expect(readQuery(query)).toEqual({
      ...DEFAULTS,
      kind: "url",
      url: "ws://127.0.0.1:9",
      startSlot: "5",
      programs: "A\nB",
      transactions: false,
      parallel: true,
      discover: "C",
    });
  });

  it("reads no key: addresses are logged", () => {
    expect(readQuery(new URLSearchParams({ apiKey: "secret" })).apiKey).toBe("");
  });
});
