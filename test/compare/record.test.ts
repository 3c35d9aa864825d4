import { createReadStream, createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { readRecord } from "../../src/compare/read-record.js";
import { record } from "../../src/compare/record.js";
import { csvSink, MemoryRecord, ndjsonSink, parquetSink, type RecordSink } from "../../src/compare/record-sinks.js";
import type { RecordableEvent } from "../../src/compare/recordable-event.js";
import { createLocalSimulator } from "../../src/local/in-page/in-page-simulator.js";
import { accountDiffEvent, PROGRAM, transactionEvent } from "../cli/run/sample-events.js";
import { useFolder } from "../cli/support/temporary-folder.js";

const folder = useFolder();

async function* events(...list: RecordableEvent[]) {
  yield* list;
}

/** Returns the entries of a record. */
async function entriesOf(source: Parameters<typeof readRecord>[0]) {
  const entries = [];
  for await (const entry of readRecord(source)) entries.push(entry);
  return entries;
}

/** Records a short run of the local simulator. */
async function recordRun(sink: RecordSink, isParallel = false) {
  const simulator = createLocalSimulator({ startSlot: 100, slots: 600, transactionsPerSlot: 2 });
  const { url, WebSocket, fetch, programs } = simulator;
  const client = new BacktestClient({ url, WebSocket, fetch, logger: false });
  const program = programs[0] ?? "";
  const create = { startSlot: 100, slotCount: isParallel ? 600 : 30 };
  try {
    if (!isParallel) {
      const session = await client.startSession(create);
      session.subscribeTransactions([program]);
      return { program, result: await record(session, sink) };
    }
    const run = await client.startParallelSession(create);
    for (const subSession of run.subSessions) subSession.subscribeTransactions([program]);
    return { program, result: await record(run, sink), parts: run.subSessions.length };
  } finally {
    await client.close();
    await simulator.close();
  }
}

describe("record()", () => {
  it("record() writes a header with the subscriptions of a session, and then its events", async () => {
    const memory = new MemoryRecord();
    const { program, result } = await recordRun(memory);
    expect(result).toMatchObject({ isComplete: true, transactions: expect.any(Number) });
    const [header, ...entries] = await entriesOf(memory);
    expect(header).toMatchObject({
      type: "run",
      writer: "simulator-client",
      header: { programs: [program], streams: ["transaction"] },
    });
    const transactions = entries.filter(({ type }) => type === "transaction");
    expect(transactions.length).toBe(result.transactions);
    expect(entries.filter((entry) => entry.type === "other" && entry.name === "slot")).toHaveLength(30);
    expect(entries.at(-1)?.type).toBe("completed");
  });

  it("record() writes a line for each sub-session of a parallel run", async () => {
    const memory = new MemoryRecord();
    const { parts } = await recordRun(memory, true);
    const entries = await entriesOf(memory);
    expect(entries[0]).toMatchObject({ header: { startSlot: 100n, endSlot: 699n } });
    expect(entries.filter(({ type }) => type === "session")).toHaveLength(parts ?? 0);
  });

  it("record() writes a file through a Node.js stream, and readRecord can read the file", async () => {
    const file = folder.path("run.ndjson");
    const { result } = await recordRun(ndjsonSink(createWriteStream(file)));
    const entries = await entriesOf(() => createReadStream(file, { highWaterMark: 1_000 }));
    expect(entries.filter(({ type }) => type === "transaction")).toHaveLength(result.transactions);
  });

  it("record() writes the same text to a web stream and to a function", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const streamed = new Response(readable).text();
    await record(events(transactionEvent(1), { type: "completed" }), ndjsonSink(writable));
    const chunks: Uint8Array[] = [];
    await record(
      events(transactionEvent(1), { type: "completed" }),
      ndjsonSink((chunk) => void chunks.push(chunk)),
    );
    const text = Buffer.concat(chunks).toString();
    expect(await streamed).toBe(text);
    expect(await entriesOf(text)).toHaveLength(3);
    expect(await entriesOf(new Blob([text]))).toHaveLength(3);
    expect(await entriesOf(new Blob([text]).stream())).toHaveLength(3);
  });

  it.each([["run.ndjson"], [undefined], [null], [5], [{}]])(
    "ndjsonSink refuses the output %j, because it is neither a stream nor a function",
    (output) => {
      expect(() => ndjsonSink(output as never)).toThrow(/^output: expected a writable stream or a function; for a file, pass/);
    },
  );

  it("record() rejects with the error of its output if a write fails", async () => {
    const sink = ndjsonSink(createWriteStream(folder.path("no-such-folder/run.ndjson")));
    await expect(record(events(transactionEvent(1)), sink)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("record() closes the sink and rejects with the error of the run if the run fails", async () => {
    let isClosed = false;
    const close = () => {
      isClosed = true;
    };
    const sink = { begin: () => {}, write: () => {}, close };
    const failing = (async function* () {
      yield transactionEvent(1);
      throw new Error("the run failed");
    })();
    await expect(record(failing, sink)).rejects.toThrow("the run failed");
    expect(isClosed).toBe(true);
  });

  it("record() waits for onEvent and for the sink before the next event", async () => {
    const order: string[] = [];
    const later = (name: string) => Promise.resolve().then(() => void order.push(name));
    const sink = { begin: () => {}, write: () => later("written"), close: () => {} };
    await record(events({ type: "slot", slot: 1n }, { type: "slot", slot: 2n }), sink, { onEvent: () => later("handled") });
    expect(order).toEqual(["handled", "written", "handled", "written"]);
  });

  it("csvSink writes a header, and one line for each transaction and account diff", async () => {
    const file = folder.path("run.csv");
    await record(events(transactionEvent(1), { type: "slot", slot: 1n }, accountDiffEvent()), csvSink(createWriteStream(file)));
    const lines = (await readFile(file, "utf8")).trimEnd().split("\r\n");
    expect(lines.map((line) => line.split(",")[0])).toEqual(["type", "transaction", "accountDiff"]);
  });
});

describe("parquetSink", () => {
  /** Reads the rows of a Parquet file with DuckDB. */
  const query = (file: string, select: string) => runSql(`SELECT ${select} FROM '${file}'`);

  async function runSql(sql: string) {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(sql);
    const rows = reader.getRowObjects();
    connection.closeSync();
    instance.closeSync();
    return rows;
  }

  it("parquetSink writes u64 values above 2^63 that DuckDB reads without loss", async () => {
    const file = folder.path("run.parquet");
    const max = 2n ** 64n - 1n;
    const diff = accountDiffEvent();
    diff.diff.pre!.lamports = max;
    const failed = transactionEvent(2, { err: { InstructionError: [0, { Custom: 1 }] } });
    await record(events(transactionEvent(1), failed, diff, { type: "completed" }), parquetSink(createWriteStream(file)));
    expect(await query(file, "type, slot, tx_index, program, err, fee, compute_units, lamports_before, lamports_after")).toEqual([
      {
        ...{ type: "transaction", slot: 300_000_000n, tx_index: 3, program: PROGRAM, err: null },
        ...{ fee: 5_000n, compute_units: 150n, lamports_before: null, lamports_after: null },
      },
      {
        ...{
          type: "transaction",
          slot: 300_000_000n,
          tx_index: 3,
          program: PROGRAM,
          err: '{"InstructionError":[0,{"Custom":1}]}',
        },
        ...{ fee: 5_000n, compute_units: 150n, lamports_before: null, lamports_after: null },
      },
      {
        ...{ type: "accountDiff", slot: 300_000_001n, tx_index: 2, program: PROGRAM, err: null, fee: null, compute_units: null },
        ...{ lamports_before: max, lamports_after: 2n ** 63n },
      },
    ]);
    expect((await query(file, "typeof(slot) AS slot, typeof(fee) AS fee, typeof(block_time) AS time"))[0]).toEqual({
      ...{ slot: "UBIGINT", fee: "UBIGINT", time: "BIGINT" },
    });
  });

  it("the SQL queries in docs/compare.md count each transaction once, and include the lamports of created and deleted accounts", async () => {
    const page = await readFile(new URL("../../docs/compare.md", import.meta.url), "utf8");
    const file = folder.path("run.parquet");
    const queries = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = ""]) => sql.replace("run.parquet", file));
    const failed = transactionEvent(2, { err: { InstructionError: [0, { Custom: 1 }] } });
    const created = accountDiffEvent();
    delete created.diff.pre;
    created.diff.post!.lamports = 5n;
    const deleted = accountDiffEvent();
    delete deleted.diff.post;
    deleted.diff.pre!.lamports = 7n;
    const all = [transactionEvent(1), { ...transactionEvent(1), program: "other" }, failed, created, deleted];
    await record(events(...all), parquetSink(createWriteStream(file)));
    const results = [];
    for (const sql of queries) results.push(await runSql(sql));
    expect(results).toEqual([[{ transactions: 2n, failed: 1n }], [{ account: created.diff.account, lamports: -2n }]]);
  });

  it("parquetSink writes rows in groups, and the file contains every row once", async () => {
    const file = folder.path("run.parquet");
    const many = Array.from({ length: 25 }, (_, byte) => transactionEvent(byte));
    await record(events(...many), parquetSink(createWriteStream(file), { rowsPerGroup: 10 }));
    expect((await query(file, "count(*) AS rows, count(DISTINCT signature) AS signatures"))[0]).toEqual({
      rows: 25n,
      signatures: 25n,
    });
  });

  it("parquetSink writes a readable file for a run without events", async () => {
    const file = folder.path("run.parquet");
    await record(events({ type: "completed" }), parquetSink(createWriteStream(file)));
    expect(await query(file, "count(*) AS rows")).toEqual([{ rows: 0n }]);
  });

  it("parquetSink writes values of a wrong type as null", async () => {
    const file = folder.path("run.parquet");
    const event = transactionEvent(1, { fee: { a: 1 } as never, computeUnitsConsumed: -5n });
    event.transaction.transactionIndex = 2 ** 32 - 1;
    await record(events(event), parquetSink(createWriteStream(file)));
    expect(await query(file, "fee, compute_units, tx_index")).toEqual([{ fee: null, compute_units: null, tx_index: null }]);
  });
});
