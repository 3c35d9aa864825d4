import { createReadStream, createWriteStream } from "node:fs";
import { describe, expectTypeOf, test } from "vitest";
import {
  type AbResult,
  type Comparison,
  compareRuns,
  csvSink,
  MemoryRecord,
  ndjsonSink,
  parquetSink,
  type RecordEntry,
  type RecordResult,
  type RunChanges,
  readAccountStates,
  readInjections,
  readRecord,
  record,
  runAB,
  sendTransactions,
} from "../../src/compare/index.js";
import type {
  BacktestClient,
  InjectedTransaction,
  ManagedBacktestSession,
  ManagedEvent,
  ManagedParallelSession,
  ParallelEvent,
} from "../../src/index.js";

declare const client: BacktestClient;
declare const session: ManagedBacktestSession;
declare const parallel: ManagedParallelSession;
declare const events: AsyncIterable<ManagedEvent>;
declare const parallelEvents: AsyncIterable<ParallelEvent>;

describe("simulator-client/compare", () => {
  test("record() accepts a session, a parallel run or their events, and each kind of sink", () => {
    expectTypeOf(record(session, ndjsonSink(createWriteStream("a")))).resolves.toEqualTypeOf<RecordResult>();
    expectTypeOf(
      record(
        parallel,
        csvSink((chunk: Uint8Array) => void chunk),
      ),
    ).resolves.toEqualTypeOf<RecordResult>();
    expectTypeOf(record(events, parquetSink(new WritableStream<Uint8Array>()))).resolves.toEqualTypeOf<RecordResult>();
    expectTypeOf(record(parallelEvents, new MemoryRecord())).resolves.toEqualTypeOf<RecordResult>();
  });

  test("readRecord and compareRuns accept each kind of source", () => {
    expectTypeOf(readRecord(new MemoryRecord())).toExtend<AsyncIterable<RecordEntry>>();
    expectTypeOf(compareRuns(() => createReadStream("a"), new Blob([]))).resolves.toEqualTypeOf<Comparison>();
    expectTypeOf(compareRuns(createReadStream("a"), ["text"])).resolves.toEqualTypeOf<Comparison>();
    // @ts-expect-error: a number is not a source
    void compareRuns(5, "text");
  });

  test("runAB accepts a client, the parameters of its sessions, and the changes of the baseline and of the candidate", () => {
    const range = { startSlot: 1n, slotCount: 5 };
    expectTypeOf(
      runAB(client, range, {
        baseline: {},
        candidate: {
          programs: { address: new Uint8Array() },
          transactions: [{ slot: 1, transactions: ["base64", new Uint8Array()] }],
          create: { extraComputeUnits: 5 },
          prepare: (one) => void one.subscribeTransactions(["address"]),
        },
      }),
    ).resolves.toEqualTypeOf<AbResult>();
    // @ts-expect-error: the candidate is required
    void runAB(client, range, {});
  });

  test("a run accepts the return values of readAccountStates and readInjections as changes", () => {
    expectTypeOf({ accounts: readAccountStates(""), transactions: readInjections("") }).toExtend<RunChanges>();
  });

  test("sendTransactions resolves with the outcomes of the injected transactions", () => {
    expectTypeOf(sendTransactions(session, [new Uint8Array()])).resolves.toEqualTypeOf<InjectedTransaction[]>();
  });
});
