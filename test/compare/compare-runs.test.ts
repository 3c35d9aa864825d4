import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareRuns } from "../../src/compare/compare-runs.js";
import { ndjsonHeader } from "../../src/compare/ndjson-encoder.js";
import { PROGRAM } from "../cli/run/sample-events.js";
import { END, HEADER, recordOf, type Sample, signatureOf, sourceOf } from "./sample-records.js";

const OTHER_PROGRAM = "11111111111111111111111111111112";
const ERR = { InstructionError: [0, { Custom: 1 }] };

const all: Sample[] = Array.from({ length: 200 }, (_, byte) => ({
  byte,
  slot: BigInt(100 + Math.floor(byte / 10)),
  index: byte % 10,
}));

async function compare(a: readonly Sample[], b: readonly Sample[], options: Parameters<typeof compareRuns>[2] = {}) {
  return compareRuns(sourceOf(recordOf(a)), sourceOf(recordOf(b)), options);
}

/** Returns the kind of each difference, and the signature of its transaction. */
function kindsOf({ differences }: Awaited<ReturnType<typeof compareRuns>>) {
  return differences.map(({ kind, signature }) => [kind, signature]);
}

describe("compareRuns", () => {
  it("compareRuns finds no difference between two equal records", async () => {
    const { summary, differences } = await compare(all, all);
    expect(differences).toEqual([]);
    expect([summary.same, summary.different, summary.warnings]).toEqual([200, 0, []]);
    expect([summary.a.transactions, summary.b.transactions, summary.b.failed]).toEqual([200, 200, 0]);
  });

  it("compareRuns reports each kind of difference with its slot and signature", async () => {
    const changed = all
      .filter(({ byte }) => byte !== 40)
      .map((sample): Sample => {
        if (sample.byte === 10) return { ...sample, meta: { err: ERR } };
        if (sample.byte === 20) return { ...sample, meta: { postBalances: [6n] } };
        if (sample.byte === 30) return { ...sample, meta: { logMessages: ["Program log: other"] } };
        if (sample.byte === 50) return { ...sample, meta: { computeUnitsConsumed: 151n } };
        if (sample.byte === 60) return { ...sample, meta: { fee: 5_001n } };
        return sample;
      });
    const comparison = await compare(all, [...changed, { byte: 222, slot: 119n, index: 10 }]);
    expect(kindsOf(comparison)).toEqual([
      ["regression", signatureOf(10)],
      ["balance", signatureOf(20)],
      ["log", signatureOf(30)],
      ["computeUnits", signatureOf(50)],
      ["fee", signatureOf(60)],
      ["missing", signatureOf(40)],
      ["extra", signatureOf(222)],
    ]);
    const { summary, regressions, balances, logs, computeUnits, fees, missing, extra } = comparison;
    expect(summary.same).toBe(194);
    expect(summary.counts).toMatchObject({ regression: 1, improvement: 0, balance: 1, log: 1, missing: 1, extra: 1 });
    expect(regressions[0]).toMatchObject({ slot: 101n, a: { err: null }, b: { err: ERR, failure: { instruction: 0 } } });
    expect(balances).toEqual([
      { slot: 102n, signature: signatureOf(20), account: "account 0", a: 5n, b: 6n, changeA: -5n, changeB: -4n },
    ]);
    expect(logs).toEqual([{ slot: 103n, signature: signatureOf(30), line: 0, a: "Program log: hi", b: "Program log: other" }]);
    expect(computeUnits).toEqual([{ slot: 105n, signature: signatureOf(50), a: 150n, b: 151n }]);
    expect(fees).toEqual([{ slot: 106n, signature: signatureOf(60), a: 5_000n, b: 5_001n }]);
    expect([missing[0]?.slot, extra[0]?.slot]).toEqual([104n, 119n]);
  });

  it("compareRuns lists all kinds of difference of a transaction, but counts only the most important kind", async () => {
    const { summary, differences } = await compare(
      [{ byte: 1, slot: 5n }],
      [{ byte: 1, slot: 5n, meta: { err: ERR, postBalances: [1n], logMessages: [], computeUnitsConsumed: 1n, fee: 1n } }],
    );
    expect(differences.map(({ kind, kinds }) => [kind, kinds])).toEqual([
      ["regression", ["regression", "balance", "log", "computeUnits", "fee"]],
    ]);
    expect(summary.counts).toMatchObject({ regression: 1, balance: 0, log: 0 });
    expect(summary.kinds).toMatchObject({ regression: 1, balance: 1, log: 1, computeUnits: 1, fee: 1 });
  });

  it("compareRuns reports transactions that fail only in the first run, and transactions that fail with different errors", async () => {
    const a: Sample[] = [
      { byte: 1, slot: 5n, meta: { err: ERR } },
      { byte: 2, slot: 5n, meta: { err: ERR } },
      { byte: 3, slot: 5n, meta: { err: ERR } },
    ];
    const b: Sample[] = [{ byte: 1, slot: 5n }, { byte: 2, slot: 5n, meta: { err: "AccountInUse" } }, { ...a[2]! }];
    const { summary, fixes, errors } = await compare(a, b);
    expect([summary.same, fixes.length, errors.length]).toEqual([1, 1, 1]);
    expect([summary.a.failed, summary.b.failed]).toEqual([3, 2]);
  });

  it("compareRuns reports only the transaction that moved within its slot, not the transactions that it shifted", async () => {
    const a: Sample[] = [0, 1, 2, 3, 4].map((byte) => ({ byte, slot: 7n, index: byte }));
    const inserted: Sample[] = [{ byte: 9, slot: 7n, index: 0 }, ...a.map((one) => ({ ...one, index: one.index! + 1 }))];
    expect(kindsOf(await compare(a, inserted))).toEqual([["extra", signatureOf(9)]]);
    const moved = [3, 0, 1, 2, 4].map((byte, index) => ({ byte, slot: 7n, index }));
    const { order, summary } = await compare(a, moved);
    expect(order).toEqual([{ slot: 7n, signature: signatureOf(3), a: { slot: 7n, index: 3 }, b: { slot: 7n, index: 0 } }]);
    expect(summary.counts.order).toBe(1);
  });

  it("compareRuns reports a transaction that was executed in different slots of the two runs", async () => {
    const b = all.map((sample) => (sample.byte === 5 ? { ...sample, slot: 103n } : sample));
    const { order, summary } = await compare(
      all,
      [...b].sort((x, y) => Number(x.slot! - y.slot!)),
    );
    expect(order.map(({ signature, a, b }) => [signature, a.slot, b.slot])).toEqual([[signatureOf(5), 100n, 103n]]);
    expect(summary.same).toBe(199);
  });

  it("compareRuns counts a transaction once if a record contains it for two programs", async () => {
    const header = { ...HEADER, programs: [PROGRAM, OTHER_PROGRAM] };
    // The record contains all events of the first subscription before those of the second.
    const text = recordOf([...all, ...all.map((sample) => ({ ...sample, program: OTHER_PROGRAM }))], { header });
    const other = recordOf(
      all.flatMap((sample) => [sample, { ...sample, program: OTHER_PROGRAM }]),
      { header },
    );
    const { summary } = await compareRuns(sourceOf(text), sourceOf(other));
    expect([summary.same, summary.different, summary.a.transactions]).toEqual([200, 0, 200]);
  });

  it("compareRuns finds no difference between records of parallel runs that contain the same events in different orders", async () => {
    const sessions = [
      { sessionId: "x", startSlot: 100n, endSlot: 109n },
      { sessionId: "y", startSlot: 110n, endSlot: 119n },
    ];
    const [first, second] = [all.slice(0, 100), all.slice(100)];
    const mixed = first.flatMap((one, at) => [one, second[at]!]);
    const texts = [[...second, ...first], mixed, all].map((samples) => recordOf(samples, { sessions, end: END + END }));
    for (const a of texts) {
      for (const b of texts) {
        // Each of these sources can be read only once, so a second pass would fail.
        const { summary } = await compareRuns(sourceOf(a)(), sourceOf(b)());
        expect([summary.same, summary.different, summary.warnings]).toEqual([200, 0, []]);
      }
    }
  });

  it("compareRuns finds no difference between two records that contain their sub-sessions in opposite orders", async () => {
    // At 4,096 stored transactions, compareRuns starts to drop old transactions. These records contain more transactions.
    const many: Sample[] = Array.from({ length: 5_120 }, (_, byte) => ({
      byte,
      slot: BigInt(Math.floor(byte / 20)),
      index: byte % 20,
    }));
    const sessions = [
      { sessionId: "x", startSlot: 0n, endSlot: 49n },
      { sessionId: "y", startSlot: 50n, endSlot: 255n },
    ];
    const [first, second] = [many.slice(0, 1_000), many.slice(1_000)];
    const a = recordOf([...first, ...second], { sessions, end: END + END });
    const b = recordOf([...second, ...first], { sessions, end: END + END });
    const { summary } = await compareRuns(sourceOf(a)(), sourceOf(b)());
    expect([summary.same, summary.different]).toEqual([5_120, 0]);
  });

  it("compareRuns reads records several times if their transactions are not in slot order", async () => {
    const shuffled = [...all].sort((x, y) => ((x.byte * 37) % 200) - ((y.byte * 37) % 200));
    expect((await compare(all, shuffled)).summary).toMatchObject({ same: 200, different: 0 });
    const once = compareRuns(sourceOf(recordOf(all))(), sourceOf(recordOf(shuffled))());
    await expect(once).rejects.toMatchObject({
      code: "invalidParams",
      field: "a",
      message: expect.stringContaining("slot order"),
    });
  });

  it("compareRuns returns the same result for all memory limits if the records have different sub-session orders", async () => {
    const sessions = [
      { sessionId: "x", startSlot: 100n, endSlot: 109n },
      { sessionId: "y", startSlot: 110n, endSlot: 119n },
    ];
    const a = recordOf(all, { sessions });
    const b = recordOf([...all.slice(100), ...all.slice(0, 100).filter(({ byte }) => byte !== 7)], { sessions });
    for (const maxPendingSize of [1_000, 10_000, 1_000_000]) {
      const { summary, missing } = await compareRuns(sourceOf(a), sourceOf(b), { maxPendingSize });
      expect([summary.same, missing.map(({ signature }) => signature)]).toEqual([199, [signatureOf(7)]]);
      expect([summary.a.transactions, summary.b.transactions]).toEqual([200, 199]);
    }
  });

  it("compareRuns finds the same differences for any memory limit, any transaction order and any chunk length", async () => {
    const sample = fc.record({ byte: fc.nat(250), failed: fc.boolean(), fee: fc.nat(2) });
    const run = fc.uniqueArray(sample, { minLength: 1, maxLength: 60, selector: ({ byte }) => byte });
    await fc.assert(
      fc.asyncProperty(run, run, fc.nat(20_000), fc.integer({ min: 1, max: 500 }), async (x, y, maxPendingSize, pieceLength) => {
        const toSamples = (list: typeof x): Sample[] =>
          list.map(({ byte, failed, fee }) => ({
            byte,
            slot: BigInt(byte >> 2),
            index: byte & 3,
            meta: { err: failed ? ERR : null, fee: BigInt(fee) },
          }));
        const inOrder = (list: Sample[]) => [...list].sort((p, q) => p.byte - q.byte);
        const [a, b] = [toSamples(x), toSamples(y)];
        const expected = await compareRuns(sourceOf(recordOf(inOrder(a))), sourceOf(recordOf(inOrder(b))));
        const found = await compareRuns(sourceOf(recordOf(a), pieceLength), sourceOf(recordOf(b), pieceLength), {
          maxPendingSize,
        });
        expect(found.differences).toEqual(expected.differences);
        expect(found.summary.counts).toEqual(expected.summary.counts);
        expect(found.summary.pnl).toEqual(expected.summary.pnl);
        // Computes the expected counts with a simple join.
        const other = new Map(b.map((one) => [one.byte, one]));
        const missing = a.filter(({ byte }) => !other.has(byte)).length;
        expect(expected.summary.counts.missing).toBe(missing);
        expect(expected.summary.same + expected.summary.different).toBe(a.length + b.length - (a.length - missing));
      }),
      { numRuns: 20 },
    );
  });

  it("with `limit: 3`, compareRuns returns the first three missing transactions, and counts all of them", async () => {
    const { differences, summary } = await compare(all, [all[199]!], { limit: 3 });
    expect(differences.map(({ signature }) => signature)).toEqual([0, 1, 2].map(signatureOf));
    expect(summary.counts.missing).toBe(199);
  });

  it("compareRuns neither counts nor lists differences of the kinds in `ignore`", async () => {
    const b = [{ ...all[0]!, meta: { logMessages: ["x"], fee: 1n } }, ...all.slice(2), { byte: 222, slot: 120n }];
    const { summary, differences } = await compare(all, b, { ignore: ["log", "missing", "extra", "fee"] });
    expect([summary.same, summary.different, differences]).toEqual([199, 0, []]);
    expect((await compare(all, b, { ignore: ["log"] })).summary.counts).toMatchObject({ log: 0, fee: 1, missing: 1, extra: 1 });
  });

  it("compareRuns adds up profit and loss by account and mint, and names the owner of each token account", async () => {
    const token = (amount: string) => ({
      accountIndex: 0,
      mint: "mint",
      owner: "owner",
      uiTokenAmount: { amount, decimals: 6, uiAmount: null },
    });
    const meta = (after: string) => ({ preTokenBalances: [token("100")], postTokenBalances: [token(after)], postBalances: [7n] });
    const a: Sample[] = [
      { byte: 1, slot: 5n, meta: meta("90") },
      { byte: 2, slot: 6n, meta: meta("120") },
    ];
    const { summary, balances } = await compare(a, [{ ...a[0]!, meta: { ...meta("95"), postBalances: [4n] } }, a[1]!]);
    expect(summary.pnl).toEqual([
      { account: "account 0", mint: "mint", owner: "owner", decimals: 6, a: 10n, b: 15n, change: 5n, isPartial: false },
      { account: "account 0", a: -6n, b: -9n, change: -3n, isPartial: false },
    ]);
    expect(balances).toContainEqual(
      expect.objectContaining({ mint: "mint", owner: "owner", a: 90n, b: 95n, changeA: -10n, changeB: -5n }),
    );
  });

  it("compareRuns warns if the two runs have different parameters, or if a run is incomplete", async () => {
    const b = recordOf(all, { header: { ...HEADER, endSlot: 10n, programs: [] }, end: "" });
    const { summary } = await compareRuns(sourceOf(recordOf(all)), sourceOf(b), { names: { b: "b.ndjson" } });
    expect(summary.warnings).toEqual([
      "the last slots of the runs differ: 9 and 10",
      `the programs of the runs differ: ["${PROGRAM}"] and []`,
      "b.ndjson: the run has not completed",
    ]);
  });

  it.each([
    ["is not NDJSON", "type,slot\r\ntransaction,5\r\n", "protocol", "not NDJSON"],
    ["ends within its second line", `${ndjsonHeader(HEADER)}{"type":"transac`, "protocol", "line 2 is not JSON or incomplete"],
    [
      "ends within its last transaction",
      recordOf(all, { end: "" }).slice(0, -30),
      "protocol",
      "line 201 is not JSON or incomplete",
    ],
    ["has no transaction", ndjsonHeader(HEADER), "nothingMatched", "the record has no transactions"],
    ["is empty", "", "nothingMatched", "the record has no transactions"],
  ])(
    "compareRuns fails for a record that %s, and the error is one line with the name of the record",
    async (_, text, code, problem) => {
      const names = { a: "a.ndjson", b: "b.ndjson" };
      const comparing = compareRuns(sourceOf(recordOf(all)), sourceOf(text), { names });
      await expect(comparing).rejects.toMatchObject({ code, message: expect.stringMatching(/^b\.ndjson: [^\n]*$/) });
      await expect(compareRuns(sourceOf(text), sourceOf(recordOf(all)))).rejects.toThrow(problem);
    },
  );

  it("if both records contain a transaction twice, compareRuns pairs the first occurrences and the second occurrences", async () => {
    const twice: Sample[] = [
      { byte: 1, slot: 10n },
      { byte: 2, slot: 11n },
      { byte: 1, slot: 12n },
    ];
    const more: Sample[] = [
      { byte: 7, slot: 8n },
      { byte: 8, slot: 9n },
      { byte: 9, slot: 9n },
    ];
    const { summary } = await compare(twice, [...more, ...twice]);
    expect([summary.same, summary.counts.extra, summary.different]).toEqual([3, 3, 3]);
  });

  it("compareRuns reports a token account that has different owners in the two runs", async () => {
    const tokens = (owner: string | undefined) => [
      { accountIndex: 1, mint: "M", ...(owner && { owner }), uiTokenAmount: { amount: "5", decimals: 0, uiAmount: 5 } },
    ];
    const metaOf = (owner: string | undefined) => ({ preTokenBalances: tokens("alice"), postTokenBalances: tokens(owner) });
    const { balances, summary } = await compare([{ byte: 1, meta: metaOf("alice") }], [{ byte: 1, meta: metaOf("mallory") }]);
    expect(balances).toMatchObject([
      { mint: "M", owner: "alice", a: 5n, b: undefined, changeA: 0n, changeB: -5n },
      { mint: "M", owner: "mallory", a: undefined, b: 5n, changeA: 0n, changeB: 5n },
    ]);
    const changes = summary.pnl.map(({ owner, change }) => [owner, change]);
    expect(changes).toContainEqual(["alice", -5n]);
    expect(changes).toContainEqual(["mallory", 5n]);
    const { differences } = await compare(
      [{ byte: 1, meta: { postTokenBalances: tokens("alice") } }],
      [{ byte: 1, meta: { postTokenBalances: tokens(undefined) } }],
    );
    expect(differences).toEqual([]);
  });

  it('compareRuns treats the errors "BorshIoError" and { BorshIoError: "Unknown" } as equal', async () => {
    const failed = (err: unknown): Sample[] => [{ byte: 1, meta: { err: { InstructionError: [0, err] } } }];
    const { summary } = await compare(failed({ BorshIoError: "Unknown" }), failed("BorshIoError"));
    expect(summary.different).toBe(0);
  });

  it("compareRuns warns about transactions without a result or readable signature, and about runs without common transactions", async () => {
    const recordWith = (line: string) => recordOf([{ byte: 1 }], { end: `${line}\n${END}` });
    const unknown = '{"type":"transaction","slot":5,"program":"x","transaction":{"version":2,"meta":{"err":null}}}';
    const head = `{"type":"transaction","slot":5,"signature":"${signatureOf(9)}"`;
    for (const line of [unknown, `${head},"program":"${PROGRAM}","transaction":{"meta":null}}`]) {
      const { summary } = await compareRuns(recordWith(line), recordWith(line));
      expect(summary.warnings).toEqual(
        ["A", "B"].map((name) => `record ${name}: 1 transaction has no result or no readable signature, and is not compared`),
      );
      expect([summary.a.notCompared, summary.a.transactions, summary.different]).toEqual([1, 1, 0]);
    }
    const { summary } = await compare([{ byte: 1 }], [{ byte: 2 }]);
    expect(summary.warnings).toEqual([
      "the runs have no transaction in common; check that both ran the same slots of the same ledger",
    ]);
  });

  it.each<[object, string]>([
    [{ limmit: 1 }, "limmit: unknown option. Did you mean limit?"],
    [{ ignore: ["logs"] }, "ignore.0: expected one of regression, improvement"],
    [{ limit: -1 }, "limit: expected a number of at least 0"],
    [{ pnlLimit: Number.NaN }, "pnlLimit: expected a number of at least 0"],
  ])("compareRuns refuses the invalid options %j", async (options, message) => {
    await expect(compare(all, all, options)).rejects.toThrow(message);
  });

  it("compareRuns rejects with the reason of an aborted signal", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(compare(all, all, { signal })).rejects.toThrow("enough");
  });

  it("compareRuns refuses a source that is not a record", async () => {
    await expect(compareRuns(5 as never, sourceOf(""))).rejects.toMatchObject({ code: "invalidParams", field: "a" });
  });
});
