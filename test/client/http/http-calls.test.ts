import { describe, expect, test } from "vitest";
import type { HttpCalls } from "../../../src/client/http/http-calls.js";
import { parseJson } from "../../../src/codec/json.js";
import { createLocalSimulator } from "../../../src/local/in-page/index.js";
import { SimulatorError } from "../../../src/protocol/simulator-error.js";
import { splitRange } from "../../../src/protocol/split-range.js";
import { callsTo, ImpatientPlatform, KEY, ok, startService, status } from "./test-service.js";

const WIDE = "18446744073709551615";
const U64_MAX = 2n ** 64n - 1n;
const PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const ACCOUNT = "So11111111111111111111111111111111111111112";

const COUNTS = '{"started":3,"completed":2,"failed":1}';
const COMPUTE = `{"executed_slot_count":310,"session_duration_ms":${WIDE}}`;
const BUILD = `{"request_id":"r-1","start_slot":100,"end_slot":${WIDE},"bundle_size":null,"status":"in_progress","created_at_unix_ms":1700000000000,"kind":"blocks","eta_secs":600}`;
const BUILD_READ = {
  requestId: "r-1",
  startSlot: 100n,
  endSlot: U64_MAX,
  status: "in_progress",
  createdAtUnixMs: 1_700_000_000_000n,
  kind: "blocks",
  etaSecs: 600n,
};
const DEPTH =
  '{"request_id":"d-1","start_slot":100,"end_slot":200,"source":"onchain","status":"completed","capture":{"start":90,"end":210},"modification_digest":"ab"}';
const DEPTH_READ = {
  requestId: "d-1",
  startSlot: 100n,
  endSlot: 200n,
  source: "onchain",
  status: "completed",
  capture: { start: 90n, end: 210n },
  modificationDigest: "ab",
};
const CREDENTIALS = {
  access_key_id: "id",
  secret_access_key: "hush-hush",
  session_token: "t",
  expiration: null,
  s3_uri: "s3://shared/",
  user_s3_uri: "s3://mine/",
  region: "eu",
};

interface Row {
  name: string;
  call(calls: HttpCalls): Promise<unknown>;
  /** The exact HTTP method and target. */
  sent: string;
  body?: unknown;
  answer: string;
  read: unknown;
}

const range = { startSlot: 100, endSlot: 200n };
const usage = `{"api_key_name":"k","since":"2026-01-01T00:00:00Z","until":"2026-01-02T00:00:00Z","sessions":${COUNTS},"compute":${COMPUTE}`;
const usageRead = {
  apiKeyName: "k",
  since: "2026-01-01T00:00:00Z",
  until: "2026-01-02T00:00:00Z",
  sessions: { started: 3, completed: 2, failed: 1 },
  compute: { executedSlotCount: 310, sessionDurationMs: U64_MAX },
};

const ROWS: Row[] = [
  {
    name: "availableRanges",
    call: (calls) => calls.availableRanges(),
    sent: "GET /available-ranges?include_account_state=false",
    answer: `[{"bundle_start_slot":1,"bundle_start_slot_utc":null,"max_bundle_end_slot":${WIDE},"max_bundle_end_slot_utc":null,"max_bundle_size":10000,"kind":"blocks","scope":"global"}]`,
    read: [{ bundleStartSlot: 1n, maxBundleEndSlot: U64_MAX, maxBundleSize: 10_000, kind: "blocks", scope: "global" }],
  },
  {
    name: "availableRanges, recordings too",
    call: (calls) => calls.availableRanges({ includeAccountState: true }),
    sent: "GET /available-ranges?include_account_state=true",
    answer: '[{"bundle_start_slot":1,"kind":"account_state","scope":"user"}]',
    read: [{ bundleStartSlot: 1n, kind: "account_state", scope: "user" }],
  },
  { name: "usage", call: (calls) => calls.usage(), sent: "GET /usage", answer: `${usage}}`, read: usageRead },
  {
    name: "usage of a window, by Date and by text",
    call: (calls) => calls.usage({ since: new Date("2026-01-01T12:34:56.789Z"), until: "2026-01-02T01:00:00+01:00" }),
    sent: "GET /usage?since=2026-01-01T12%3A34%3A56Z&until=2026-01-02T00%3A00%3A00Z",
    answer: `${usage},"daily":[{"start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z","sessions":${COUNTS},"compute":${COMPUTE}}],
      "bundle_builds":{"requested":3},"pricing":{"dollars_per_slot":0.0001,"dollars_per_minute":2,"max_ms_per_slot":400}}`,
    read: {
      ...usageRead,
      daily: [
        { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z", sessions: usageRead.sessions, compute: usageRead.compute },
      ],
      bundleBuilds: { requested: 3 },
      pricing: { dollarsPerSlot: 0.0001, dollarsPerMinute: 2, maxMsPerSlot: 400n },
    },
  },
  {
    name: "usage from a day on",
    call: (calls) => calls.usage({ since: "2026-01-01" }),
    sent: "GET /usage?since=2026-01-01T00%3A00%3A00Z",
    answer: `${usage},"bundle_builds":null,"pricing":null}`,
    read: usageRead,
  },
  {
    name: "snapshotSlot",
    call: (calls) => calls.snapshotSlot(),
    sent: "GET /snapshot-slot",
    answer: '{"snapshot_slot":300}',
    read: { snapshotSlot: 300n },
  },
  {
    name: "buildBundle",
    call: (calls) =>
      calls.buildBundle({ startSlot: 100, endSlot: U64_MAX, bundleSize: 500, kind: "account_state", idempotencyKey: "mine" }),
    sent: "POST /build-bundle",
    body: { start_slot: 100, end_slot: U64_MAX, bundle_size: 500, kind: "account_state", idempotency_key: "mine" },
    answer: BUILD,
    read: BUILD_READ,
  },
  {
    name: "buildBundle with no more than the range",
    call: (calls) => calls.buildBundle(range),
    sent: "POST /build-bundle",
    body: { start_slot: 100, end_slot: 200, idempotency_key: "0a".repeat(16) },
    answer: BUILD,
    read: BUILD_READ,
  },
  {
    name: "bundleBuild",
    call: (calls) => calls.bundleBuild("a/bc?"),
    sent: "GET /build-bundle/a%2Fbc%3F",
    answer: BUILD.replace('"in_progress"', '"a_newer_word"'),
    read: { ...BUILD_READ, status: "a_newer_word" },
  },
  {
    name: "bundleBuilds",
    call: (calls) => calls.bundleBuilds(),
    sent: "GET /build-bundle",
    answer: `{"builds":[${BUILD}]}`,
    read: { builds: [BUILD_READ] },
  },
  {
    name: "bundleBuilds, some",
    call: (calls) => calls.bundleBuilds({ limit: 5 }),
    sent: "GET /build-bundle?limit=5",
    answer: `{"builds":[],"bundles":[{"start_slot":1,"end_slot":2,"kind":"blocks","completed_at_unix_ms":-1,"size_bytes":9223372036854775807},{"start_slot":3,"end_slot":4,"kind":"account_state","completed_at_unix_ms":null}]}`,
    read: {
      builds: [],
      bundles: [
        { startSlot: 1n, endSlot: 2n, kind: "blocks", completedAtUnixMs: -1n, sizeBytes: 2n ** 63n - 1n },
        { startSlot: 3n, endSlot: 4n, kind: "account_state" },
      ],
    },
  },
  {
    name: "deleteBundle",
    call: (calls) => calls.deleteBundle(range),
    sent: "DELETE /bundles?start_slot=100&end_slot=200&kind=blocks",
    answer: '{"start_slot":100,"end_slot":200,"kind":"blocks"}',
    read: { startSlot: 100n, endSlot: 200n, kind: "blocks" },
  },
  {
    name: "deleteBundle of recordings",
    call: (calls) => calls.deleteBundle({ ...range, kind: "account_state" }),
    sent: "DELETE /bundles?start_slot=100&end_slot=200&kind=account_state",
    answer: '{"start_slot":100,"end_slot":200,"kind":"account_state"}',
    read: { startSlot: 100n, endSlot: 200n, kind: "account_state" },
  },
  {
    name: "generateDepth",
    call: (calls) => calls.generateDepth(range),
    sent: "POST /generate-depth",
    body: { start_slot: 100, end_slot: 200 },
    answer: DEPTH,
    read: DEPTH_READ,
  },
  {
    name: "generateDepth with everything",
    call: (calls) =>
      calls.generateDepth({
        ...range,
        source: "onchain",
        granularity: "oracle",
        markets: ["SOL-USDC"],
        programOverrides: [
          { programId: PROGRAM, elf: new Uint8Array([0x7f, 0x45, 0x4c, 0x46]) },
          { programId: PROGRAM, elf: new Uint8Array([0x7f, 0x45, 0x4c, 0x46]).buffer },
          { programId: PROGRAM, elf: "f0VMRg==" },
        ],
        accountOverrides: {
          [ACCOUNT]: {
            data: { data: "AQID", encoding: "base64" },
            executable: false,
            lamports: U64_MAX,
            owner: PROGRAM,
            space: 3,
          },
        },
      }),
    sent: "POST /generate-depth",
    body: {
      start_slot: 100,
      end_slot: 200,
      source: "onchain",
      granularity: "oracle",
      markets: ["SOL-USDC"],
      program_overrides: Array(3).fill({ program_id: PROGRAM, elf: "f0VMRg==" }),
      account_overrides: {
        [ACCOUNT]: { data: { data: "AQID", encoding: "base64" }, executable: false, lamports: U64_MAX, owner: PROGRAM, space: 3 },
      },
    },
    answer: DEPTH.replace('"modification_digest"', '"granularity":"oracle","modification_digest"'),
    read: { ...DEPTH_READ, granularity: "oracle" },
  },
  {
    name: "depthStatus",
    call: (calls) => calls.depthStatus("d-1"),
    sent: "GET /generate-depth/d-1",
    answer: DEPTH,
    read: DEPTH_READ,
  },
  {
    name: "depthCoverage",
    call: (calls) => calls.depthCoverage(),
    sent: "GET /generate-depth/coverage",
    answer: `{"sources":[{"source":"router","revision":7,"markets":["m"],"venues":["v"],"size_rungs":12,"completed_ranges":[{"start":1,"end":${WIDE}}]}]}`,
    read: {
      sources: [
        {
          source: "router",
          revision: 7,
          markets: ["m"],
          venues: ["v"],
          sizeRungs: 12,
          completedRanges: [{ start: 1n, end: U64_MAX }],
        },
      ],
    },
  },
  {
    name: "datasetCredentials",
    call: (calls) => calls.datasetCredentials(),
    sent: "POST /datasets/credentials",
    answer: JSON.stringify(CREDENTIALS),
    read: {
      accessKeyId: "id",
      secretAccessKey: "hush-hush",
      sessionToken: "t",
      s3Uri: "s3://shared/",
      userS3Uri: "s3://mine/",
      region: "eu",
    },
  },
];

describe("the requests of HTTP calls", () => {
  for (const { name, call, sent, body, answer, read } of ROWS) {
    test(`${name} sends the same request as the Rust crate: ${sent}`, async () => {
      const service = await startService(ok(answer));
      expect(await call(callsTo(service.base))).toStrictEqual(read);
      const { method, target, headers, body: text } = await service.next();
      expect(`${method} ${target}`).toBe(sent);
      expect(headers["x-api-key"]).toBe(KEY);
      expect(headers["content-type"]).toBe(body === undefined ? undefined : "application/json");
      expect(text === "" ? undefined : parseJson(text)).toEqual(body);
      expect(service.received).toHaveLength(1);
    });
  }

  test("a call sends no key header if there is no key", async () => {
    const service = await startService(ok("[]"));
    await callsTo(service.base, { headers: async () => ({}) }).availableRanges();
    expect((await service.next()).headers).not.toHaveProperty("x-api-key");
  });

  test("each HTTP call calls the headers function again", async () => {
    const service = await startService(ok("[]"));
    let asked = 0;
    const calls = callsTo(service.base, { headers: async () => ({ "X-API-Key": `key-${asked++}` }) });
    await calls.availableRanges();
    await calls.availableRanges();
    expect(service.received.map(({ headers }) => headers["x-api-key"])).toEqual(["key-0", "key-1"]);
  });
});

describe("health and ready", () => {
  for (const [code, isOk] of [
    [200, true],
    [503, false],
    [500, false],
    [429, false],
    [401, false],
    [404, false],
  ] as const) {
    test(`health() and ready() return ${isOk} for the status ${code}, without a retry`, async () => {
      const service = await startService(status(code, "anything but JSON"));
      const calls = callsTo(service.base);
      expect(await calls.health()).toBe(isOk);
      expect(await calls.ready()).toBe(isOk);
      expect(service.received.map(({ method, target }) => `${method} ${target}`)).toEqual(["GET /health", "GET /ready"]);
    });
  }

  test("ready() fails after one attempt if there is no response", async () => {
    const service = await startService((response) => response.destroy());
    await expect(callsTo(service.base).ready()).rejects.toMatchObject({ code: "unreachable" });
    expect(service.received).toHaveLength(1);
  });
});

describe("invalid parameters are refused before anything is sent", () => {
  const account = { data: { data: "", encoding: "base64" as const }, executable: false, lamports: 1, owner: PROGRAM, space: 0 };
  for (const [name, field, call] of [
    ["a negative startSlot", "startSlot", (calls) => calls.buildBundle({ startSlot: -1, endSlot: 5 })],
    ["an endSlot before the startSlot", "endSlot", (calls) => calls.buildBundle({ startSlot: 6, endSlot: 5 })],
    ["an endSlot over 2^64 - 1", "endSlot", (calls) => calls.deleteBundle({ startSlot: 6, endSlot: U64_MAX + 1n })],
    ["no range", "startSlot", (calls) => calls.deleteBundle(undefined as never)],
    ["no depth range", "startSlot", (calls) => calls.generateDepth(undefined as never)],
    ["no endSlot", "endSlot", (calls) => calls.generateDepth({ startSlot: 5 } as never)],
    ["a bundleSize of half a slot", "bundleSize", (calls) => calls.buildBundle({ ...range, bundleSize: 0.5 })],
    ["a negative bundleSize", "bundleSize", (calls) => calls.buildBundle({ ...range, bundleSize: -5n })],
    ["a negative limit", "limit", (calls) => calls.bundleBuilds({ limit: -1 })],
    ["an empty id", "requestId", (calls) => calls.bundleBuild("")],
    ["no id", "requestId", (calls) => calls.depthStatus(undefined as never)],
    ["half a surrogate pair as its id", "requestId", (calls) => calls.depthStatus("\ud800")],
    ["an invalid time", "since", (calls) => calls.usage({ since: "yesterday" })],
    ["an empty time", "until", (calls) => calls.usage({ until: "" })],
    ["an invalid Date", "until", (calls) => calls.usageSessions({ until: new Date(Number.NaN) }).next()],
    [
      "an invalid address of a program",
      "programOverrides.programId",
      (calls) => calls.generateDepth({ ...range, programOverrides: [{ programId: "x", elf: "AA==" }] }),
    ],
    [
      "a program without bytes",
      "programOverrides.elf",
      (calls) => calls.generateDepth({ ...range, programOverrides: [{ programId: PROGRAM, elf: new Uint8Array() }] }),
    ],
    [
      "a missing program",
      "programOverrides.elf",
      (calls) => calls.generateDepth({ ...range, programOverrides: [{ programId: PROGRAM } as never] }),
    ],
    [
      "an invalid address of an account",
      "accountOverrides",
      (calls) => calls.generateDepth({ ...range, accountOverrides: { x: account } }),
    ],
    [
      "invalid lamports of an account",
      "accountOverrides",
      (calls) => calls.generateDepth({ ...range, accountOverrides: { [ACCOUNT]: { ...account, lamports: -1 } } }),
    ],
  ] as [string, string, (calls: HttpCalls) => Promise<unknown>][]) {
    test(`a call with ${name} fails before a request is sent, and the error names the field ${field}`, async () => {
      const service = await startService(ok("{}"));
      await expect(call(callsTo(service.base))).rejects.toMatchObject({ code: "invalidParams", field });
      expect(service.received).toHaveLength(0);
    });
  }
});

describe("the error of an invalid response names the field", () => {
  for (const [call, answer, message] of [
    [(calls) => calls.availableRanges(), "{}", "available-ranges: "],
    [(calls) => calls.availableRanges(), '[{"bundle_start_slot":"5"}]', "available-ranges.0.bundle_start_slot: "],
    [(calls) => calls.usage(), "{}", "usage.api_key_name: "],
    [(calls) => calls.usage(), `${usage.replace('"failed":1', '"failed":-1')}}`, "usage.sessions.failed: "],
    [(calls) => calls.usage(), `${usage},"pricing":{"max_ms_per_slot":1.5}}`, "usage.pricing.max_ms_per_slot: "],
    [(calls) => calls.usage(), `${usage},"daily":[{"start":"","end":"","sessions":${COUNTS}}]}`, "usage.daily.0.compute: "],
    [
      (calls) => calls.usageSessions().next(),
      '{"since":"","until":"","sessions":[{}]}',
      "usage/sessions.sessions.0.session_id: ",
    ],
    [(calls) => calls.snapshotSlot(), '{"snapshot_slot":null}', "snapshot-slot.snapshot_slot: "],
    [(calls) => calls.buildBundle(range), BUILD.replace('"status"', '"state"'), "build-bundle.status: "],
    [(calls) => calls.bundleBuild("r"), BUILD.replace("600", '"soon"'), "build-bundle/r.eta_secs: "],
    [(calls) => calls.bundleBuilds(), `{"builds":[${BUILD},{}]}`, "build-bundle.builds.1.request_id: "],
    [(calls) => calls.bundleBuilds(), '{"builds":[],"bundles":{}}', "build-bundle.bundles: "],
    [(calls) => calls.deleteBundle(range), '{"start_slot":1,"end_slot":2}', "bundles.kind: "],
    [(calls) => calls.generateDepth(range), DEPTH.replace('"start":90', '"start":"90"'), "generate-depth.capture.start: "],
    [(calls) => calls.depthStatus("d"), "[]", "generate-depth/d"],
    [(calls) => calls.depthCoverage(), '{"sources":[{"source":"onchain"}]}', "generate-depth/coverage.sources.0.revision: "],
    [
      (calls) => calls.datasetCredentials(),
      '{"access_key_id":"id","secret_access_key":"hush-hush"}',
      "datasets/credentials.session_token: ",
    ],
    [(calls) => calls.usage(), "null", "usage: "],
    [(calls) => calls.usage(), "", "usage: the response is not JSON"],
  ] as [(calls: HttpCalls) => Promise<unknown>, string, string][]) {
    test(`the error of an invalid response names the field: ${message} (${answer.slice(0, 60)})`, async () => {
      const service = await startService(ok(answer));
      const error = await call(callsTo(service.base)).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(SimulatorError);
      expect(error).toMatchObject({ code: "http", message: expect.stringContaining(message) });
      expect(service.received).toHaveLength(1);
    });
  }

  test("the error of a call that receives HTML instead of JSON contains the HTML without the key", async () => {
    const service = await startService(ok(`<html>sign in, ${KEY}</html>`));
    await expect(callsTo(service.base).usage()).rejects.toMatchObject({ code: "http", body: "<html>sign in, [redacted]</html>" });
  });

  test("if the response to `datasetCredentials` is invalid, the error does not contain the credentials", async () => {
    const service = await startService(ok(JSON.stringify(CREDENTIALS).slice(0, -1)));
    const error = await callsTo(service.base)
      .datasetCredentials()
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "http", message: "datasets/credentials: the response is not JSON", body: "" });
  });
});

test("the in-page simulator answers HTTP calls, and splitRange accepts the ranges of the answers", async () => {
  await using sim = createLocalSimulator({ startSlot: 100, slots: 2_500, apiKey: KEY });
  const calls = callsTo(sim.httpUrl, { platform: Object.assign(new ImpatientPlatform(), { fetch: sim.fetch }) });
  expect(await calls.health()).toBe(true);
  expect(await calls.ready()).toBe(true);
  const [first, ...others] = splitRange(await calls.availableRanges(), { startSlot: 150, endSlot: 2_000 });
  expect(first?.startSlot).toBe(100n);
  expect(others.at(-1)?.endSlot).toBe(2_000n);
  const stranger = callsTo(sim.httpUrl, {
    platform: Object.assign(new ImpatientPlatform(), { fetch: sim.fetch }),
    headers: async () => ({ "X-API-Key": "another" }),
  });
  await expect(stranger.availableRanges()).rejects.toMatchObject({ code: "unauthorized", status: 401 });
});
