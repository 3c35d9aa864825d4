import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULTS, readQuery, readSettings, readSlot } from "../../demo/dashboard/view/settings.js";
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
  it("readSettings accepts the defaults", () => {
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

  it("readSettings accepts 2^64 − 1 as the last slot of a range, and rejects a higher slot", () => {
    expect(settingsOf({ startSlot: `${MOST_U64}`, slotCount: "1" }).startSlot).toBe(MOST_U64);
    expect(problemsOf({ startSlot: `${MOST_U64}`, slotCount: "2" })).toEqual({
      slotCount: expect.stringContaining("Enter at most 1."),
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
    ["slotCount", "0"],
    ["programs", "0OIl"],
    ["discover", TOKEN.slice(1)],
  ] as const)("if the field %s has the invalid value %j, readSettings returns one error, for this field", (field, text) => {
    expect(Object.keys(problemsOf({ [field]: text }))).toEqual([field]);
  });

  it("the error of readSettings contains the invalid address", () => {
    expect(problemsOf({ programs: `${TOKEN}\nnone` }).programs).toMatch(/^none is not an address/);
  });

  it("readSettings accepts programs that are separated by line breaks, spaces or commas, and removes duplicates", () => {
    const other = encodeBase58(new Uint8Array(32).fill(7));
    expect(settingsOf({ programs: ` ${TOKEN}\n\n${other}, ${TOKEN} ` }).programs).toEqual([TOKEN, other]);
  });

  describe("readSettings with a URL", () => {
    const there = { kind: "url", programs: TOKEN } as const;

    it.each([
      ["ws://127.0.0.1:4100/backtest", "ws://127.0.0.1:4100/backtest"],
      [" simulator.example ", "wss://simulator.example"],
      ["WSS://simulator.example:8443", "WSS://simulator.example:8443"],
    ])("readSettings accepts the URL %j", (url, expected) => {
      expect(settingsOf({ ...there, url }).source).toMatchObject({ kind: "url", url: expected });
    });

    it.each(["", "http://simulator.example", "wss://", "ws:///backtest", "ws://a b"])(
      "readSettings rejects the URL %j, and the message contains an example",
      (url) => {
        expect(problemsOf({ ...there, url })).toEqual({ url: expect.stringContaining("ws://127.0.0.1:4100") });
      },
    );

    it.each(["wss://key@simulator.example", "wss://simulator.example/?api_key=key"])(
      "readSettings rejects a URL that contains a key: %j",
      (url) => {
        expect(problemsOf({ ...there, url })).toEqual({ url: expect.stringContaining("API key field") });
      },
    );

    it("readSettings rejects a URL that contains a fragment", () => {
      expect(Object.keys(problemsOf({ ...there, url: "wss://simulator.example/#part" }))).toEqual(["url"]);
    });

    it("if a run with subscriptions connects to a URL, readSettings requires a program", () => {
      expect(Object.keys(problemsOf({ kind: "url" }))).toEqual(["programs"]);
      expect(settingsOf({ kind: "url", transactions: false, accountDiffs: false }).programs).toEqual([]);
    });

    it("if the form contains a URL, readSettings ignores the settings for the simulator in the page", () => {
      expect(problemsOf({ ...there, tps: "none", skip: "7" })).toEqual({});
    });
  });
});

describe("readSlot", () => {
  it("readSlot parses every slot exactly, even if its digits are grouped", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, MOST_U64), fc.constantFrom("", ",", "_", " ", "’", "'"), (slot, between) => {
        const grouped = `${slot}`.replace(/\B(?=(\d{3})+$)/g, between);
        expect(readSlot(grouped)).toBe(slot);
      }),
    );
  });

  it.each(["", "1.5", "1e3", "-1", ",1", "1,", "1__0", `${MOST_U64 + 1n}`, "99999999999999999999999"])(
    "readSlot rejects %j",
    (text) => {
      expect(readSlot(text)).toBeUndefined();
    },
  );
});

describe("readQuery", () => {
  it("readQuery returns the defaults for an empty query", () => {
    expect(readQuery(new URLSearchParams())).toEqual(DEFAULTS);
  });

  it("readQuery reads the form fields from the query", () => {
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

  it("readQuery does not read an API key, because URLs are logged", () => {
    expect(readQuery(new URLSearchParams({ apiKey: "secret" })).apiKey).toBe("");
  });
});
