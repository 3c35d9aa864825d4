import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { accountData, WORLD } from "./transactions.js";
import { continueBy, createParallel, createSession, type StartSimulator, type TestSimulator } from "./wire-client.js";

interface Answer {
  status: number;
  body: unknown;
  allow: string | null;
}

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 0, 10, 12);

/** Tests the HTTP calls of the service, which belong to no session. */
export function serviceSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 2_500, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  const call = async (
    sim: TestSimulator,
    path: string,
    method = "GET",
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const text = body === undefined || typeof body === "string" ? body : stringifyJson(body);
    const response = await sim.fetch(sim.httpUrl + path, { method, headers, ...(text !== undefined && { body: text }) });
    const answer = await response.text();
    const isJson = response.headers.get("content-type") === "application/json";
    return { status: response.status, body: isJson ? parseJson(answer) : answer, allow: response.headers.get("allow") };
  };

  const get = async (sim: TestSimulator, path: string): Promise<Record<string, unknown>> =>
    (await call(sim, path)).body as Record<string, unknown>;

  /** Runs a session and closes it. The fake clock advances by one second before the end. */
  const ended = async (sim: TestSimulator, name?: string, slots = 3): Promise<string> => {
    const session = await createSession(sim, { startSlot: 100n, endSlot: 199n, ...(name !== undefined && { name }) });
    continueBy(session, slots);
    await session.control.method("readyForContinue");
    vi.setSystemTime(Date.now() + 1_000);
    session.control.send({ method: "closeBacktestSession" });
    await session.control.method("success");
    return session.sessionId;
  };

  const at = (time: number): void => {
    vi.useFakeTimers({ toFake: ["Date"], now: time });
  };

  afterEach(() => {
    vi.useRealTimers();
  });

  describe("the API key", () => {
    test.for([
      ["GET", "/usage"],
      ["GET", "/usage/sessions"],
      ["GET", "/snapshot-slot"],
      ["POST", "/build-bundle"],
      ["GET", "/build-bundle"],
      ["GET", "/build-bundle/build_00000001"],
      ["DELETE", "/bundles?start_slot=1&end_slot=2"],
      ["POST", "/generate-depth"],
      ["GET", "/generate-depth/depth_00000001"],
      ["GET", "/generate-depth/coverage"],
      ["POST", "/datasets/credentials"],
    ] as const)("an HTTP call without the right API key is refused: %s %s", async ([method, path]) => {
      const sim = await running({ apiKey: "a key" });
      const status = async (headers: Record<string, string>): Promise<number> =>
        (await call(sim, path, method, method === "POST" ? "{}" : undefined, headers)).status;
      expect(await status({})).toBe(401);
      expect(await status({ "X-API-Key": "wrong" })).toBe(401);
      expect(await status({ "X-API-Key": "a key" })).not.toBe(401);
    });

    test("HTTP calls need no API key if the simulator has none, and /health never needs an API key", async () => {
      expect((await call(await running(), "/usage")).status).toBe(200);
      const sim = await running({ apiKey: "a key" });
      expect((await call(sim, "/health", "GET", undefined, { "X-API-Key": "wrong" })).status).toBe(200);
    });
  });

  test("an HTTP call with an unsupported method is answered with the list of supported methods", async () => {
    const sim = await running();
    expect(await call(sim, "/build-bundle", "DELETE")).toMatchObject({ status: 405, allow: "POST, GET, OPTIONS" });
    expect(await call(sim, "/bundles")).toMatchObject({ status: 405, allow: "DELETE, OPTIONS" });
  });

  describe("/available-ranges", () => {
    const listed = async (sim: TestSimulator, includeAccountState: boolean): Promise<unknown[]> => {
      const { body } = await call(sim, `/available-ranges?include_account_state=${includeAccountState}`);
      return (body as Record<string, unknown>[]).map((range) => [
        range.bundle_start_slot,
        range.max_bundle_end_slot,
        range.kind,
        range.scope,
      ]);
    };

    test("/available-ranges lists the bundles of the ledger and the bundles that clients have built", async () => {
      at(NOON);
      const sim = await running({ bundleSlots: 2_000 });
      const ledger = [
        [100, 2_099, "blocks", "global"],
        [2_100, 2_599, "blocks", "global"],
      ];
      const states = ledger.map(([from, to]) => [from, to, "account_state", "user"]);
      expect(await listed(sim, false)).toEqual(ledger);
      expect(await listed(sim, true)).toEqual([...ledger, ...states]);
      await call(sim, "/build-bundle", "POST", { start_slot: 150, end_slot: 249, bundle_size: 50 });
      await call(sim, "/build-bundle", "POST", { start_slot: 150, end_slot: 199, kind: "account_state" });
      expect(await listed(sim, true)).toEqual([...ledger, ...states]);
      at(NOON + 2_000);
      const own = [
        [150, 199, "blocks", "user"],
        [200, 249, "blocks", "user"],
      ];
      expect(await listed(sim, false)).toEqual([...ledger, ...own]);
      expect(await listed(sim, true)).toHaveLength(7);
    });
  });

  describe("/usage", () => {
    test("/usage reports the usage of each day, starting with the day that contains `since`", async () => {
      at(NOON - DAY_MS);
      const sim = await running();
      await ended(sim, undefined, 5);
      at(NOON);
      await ended(sim);
      const running2 = await createSession(sim, { startSlot: 100n, endSlot: 110n });
      expect(running2.sessionId).toBeDefined();
      const since = new Date(NOON - 2 * DAY_MS).toISOString();
      const usage = await get(sim, `/usage?since=${since}`);
      const day = (start: number, end: number, started: number, completed: number, slots: number): unknown => ({
        start: new Date(start).toISOString(),
        end: new Date(end).toISOString(),
        sessions: { started, completed, failed: 0 },
        compute: { executed_slot_count: slots, session_duration_ms: completed * 1_000 },
      });
      const midnight = NOON - DAY_MS / 2;
      expect(usage).toEqual({
        api_key_name: "local",
        since: new Date(midnight - 2 * DAY_MS).toISOString(),
        until: new Date(NOON + 1_000).toISOString(),
        sessions: { started: 3, completed: 2, failed: 0 },
        compute: { executed_slot_count: 8, session_duration_ms: 2_000 },
        daily: [
          day(midnight - 2 * DAY_MS, midnight - DAY_MS, 0, 0, 0),
          day(midnight - DAY_MS, midnight, 1, 1, 5),
          day(midnight, NOON + 1_000, 2, 1, 3),
        ],
        bundle_builds: { requested: 0 },
        pricing: expect.any(Object),
      });
      expect((await call(sim, "/usage?since=yesterday")).status).toBe(400);
      expect((await call(sim, "/usage?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z")).status).toBe(400);
    });

    test("/usage/sessions returns pages that list each session once, including sub-sessions", async () => {
      at(NOON);
      const sim = await running();
      const ids = new Set<string>();
      for (let index = 0; index < 19; index++) ids.add(await ended(sim, `run-${index}`));
      const run = await createParallel(sim, { startSlot: 100, endSlot: 199 });
      run.control.send({ method: "closeBacktestSession" });
      await run.control.method("success");
      for (const { sessionId } of run.parts) ids.add(sessionId);
      const first = await get(sim, "/usage/sessions");
      const { since, until, next_cursor: cursor } = first as { since: string; until: string; next_cursor: string };
      expect(first.sessions).toHaveLength(20);
      const second = await get(sim, `/usage/sessions?since=${since}&until=${until}&cursor=${cursor}`);
      expect(second).toMatchObject({ since, until, next_cursor: null });
      const sessions = [...(first.sessions as Record<string, unknown>[]), ...(second.sessions as Record<string, unknown>[])];
      expect(sessions).toHaveLength(23);
      expect(new Set(sessions.map(({ session_id }) => session_id))).toEqual(ids);
      expect(sessions[0]).toEqual({
        session_id: expect.stringMatching(/^backtest_/),
        session_name: "run-0",
        started_at: new Date(NOON).toISOString(),
        ended_at: new Date(NOON + 1_000).toISOString(),
        executed_slot_count: 3,
        session_duration_ms: 1_000,
      });
      expect(await get(sim, "/usage/sessions?until=2020-01-01T00:00:00Z")).toMatchObject({ sessions: [], next_cursor: null });
      expect((await call(sim, "/usage/sessions?cursor=mine")).status).toBe(400);
    });
  });

  test("/snapshot-slot returns the first slot of the newest bundle", async () => {
    expect(await get(await running(), "/snapshot-slot")).toEqual({ snapshot_slot: 2_100 });
  });

  describe("/build-bundle", () => {
    const build = (sim: TestSimulator, body: unknown): Promise<Answer> => call(sim, "/build-bundle", "POST", body);

    test("/build-bundle builds in the background, and a call with the same idempotency key and kind returns the same build", async () => {
      at(NOON);
      const sim = await running();
      const request = { start_slot: 100, end_slot: 199, bundle_size: 50, idempotency_key: "k", kind: "blocks" };
      const begun = (await build(sim, request)).body as Record<string, unknown>;
      expect(begun).toEqual({
        request_id: expect.any(String),
        start_slot: 100,
        end_slot: 199,
        bundle_size: 50,
        status: "in_progress",
        created_at_unix_ms: NOON,
        kind: "blocks",
        eta_secs: 2,
      });
      at(NOON + 1_000);
      expect((await build(sim, request)).body).toEqual({ ...begun, eta_secs: 1 });
      const other = (await build(sim, { ...request, kind: "account_state" })).body as Record<string, unknown>;
      expect(other.request_id).not.toBe(begun.request_id);
      at(NOON + 3_000);
      const path = `/build-bundle/${begun.request_id}`;
      expect(await get(sim, path)).toEqual({ ...begun, status: "completed", eta_secs: null });
      expect(await get(sim, "/build-bundle")).toMatchObject({
        builds: [{ request_id: other.request_id }, { request_id: begun.request_id }],
        bundles: [
          { start_slot: 100, end_slot: 149, kind: "blocks", completed_at_unix_ms: NOON + 2_000, size_bytes: 50 * 65_536 },
          { start_slot: 100, end_slot: 149, kind: "account_state" },
          { start_slot: 150, end_slot: 199, kind: "blocks" },
          { start_slot: 150, end_slot: 199, kind: "account_state" },
        ],
      });
      expect((await get(sim, "/build-bundle?limit=1")).builds).toHaveLength(1);
      expect(await get(sim, "/usage")).toMatchObject({ bundle_builds: { requested: 2 } });
    });

    test("/build-bundle accepts a build for slots outside the ledger, but the build then fails", async () => {
      at(NOON);
      const sim = await running();
      const { request_id: id } = (await build(sim, { start_slot: 1, end_slot: 2n ** 64n - 1n })).body as { request_id: string };
      at(NOON + 2_000);
      expect(await get(sim, `/build-bundle/${id}`)).toMatchObject({ status: "failed", end_slot: 2n ** 64n - 1n });
      expect(await get(sim, "/build-bundle")).toMatchObject({ bundles: [] });
    });

    test("/build-bundle with invalid parameters is refused", async () => {
      const sim = await running();
      const status = async (body: unknown): Promise<number> => (await build(sim, body)).status;
      expect(await status("{")).toBe(400);
      expect(await status({ start_slot: 5 })).toBe(400);
      expect(await status({ start_slot: 5, end_slot: 4 })).toBe(400);
      expect(await status({ start_slot: 5, end_slot: 6, kind: "both" })).toBe(400);
      expect((await call(sim, "/build-bundle?limit=many")).status).toBe(400);
      expect((await call(sim, "/build-bundle/nowhere")).status).toBe(404);
    });

    test("DELETE /bundles deletes a bundle, and responds with 404 if there is none", async () => {
      at(NOON);
      const sim = await running();
      await build(sim, { start_slot: 100, end_slot: 149 });
      const remove = (query: string): Promise<Answer> => call(sim, `/bundles?${query}`, "DELETE");
      expect((await remove("start_slot=100&end_slot=149&kind=blocks")).status).toBe(404);
      at(NOON + 2_000);
      expect((await remove("start_slot=100&end_slot=149&kind=account_state")).status).toBe(404);
      expect(await remove("start_slot=100&end_slot=149&kind=blocks")).toMatchObject({
        status: 200,
        body: { start_slot: 100, end_slot: 149, kind: "blocks" },
      });
      expect((await remove("start_slot=100&end_slot=149")).status).toBe(404);
      expect((await remove("start_slot=100")).status).toBe(400);
      expect(await get(sim, "/build-bundle")).toMatchObject({ builds: [{ status: "completed" }], bundles: [] });
    });
  });

  describe("/generate-depth", () => {
    const generate = (sim: TestSimulator, body: unknown): Promise<Answer> => call(sim, "/generate-depth", "POST", body);

    test("/generate-depth runs in the background, covers whole bundles, and returns the same job for the same request", async () => {
      at(NOON);
      const sim = await running();
      const begun = (await generate(sim, { start_slot: 150, end_slot: 1_200 })).body as Record<string, unknown>;
      expect(begun).toEqual({
        request_id: expect.any(String),
        start_slot: 150,
        end_slot: 1_200,
        source: "onchain",
        status: "in_progress",
        capture: { start: 100, end: 2_099 },
      });
      expect((await generate(sim, { start_slot: 150, end_slot: 1_200, source: "onchain" })).body).toEqual(begun);
      const account_overrides = { [WORLD.wallets[0]!.text]: accountData(1n, WORLD.vaults[0]!.text) };
      const modified = (await generate(sim, { start_slot: 150, end_slot: 160, granularity: "oracle", account_overrides })).body;
      expect(modified).toMatchObject({ granularity: "oracle", modification_digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
      at(NOON + 2_000);
      expect(await get(sim, `/generate-depth/${begun.request_id}`)).toEqual({ ...begun, status: "completed" });
      const coverage = (await get(sim, "/generate-depth/coverage")) as { sources: Record<string, unknown>[] };
      expect(coverage.sources.map(({ source, completed_ranges }) => [source, completed_ranges])).toEqual([
        [
          "onchain",
          [
            { start: 100, end: 2_099 },
            { start: 100, end: 1_099 },
          ],
        ],
        ["router", []],
      ]);
      expect(coverage.sources[0]).toMatchObject({
        revision: 1,
        markets: expect.any(Array),
        venues: expect.any(Array),
        size_rungs: 8,
      });
    });

    test("/generate-depth refuses invalid parameters, and a job for slots outside the ledger fails", async () => {
      at(NOON);
      const sim = await running();
      const status = async (body: unknown): Promise<number> => (await generate(sim, body)).status;
      expect(await status({ start_slot: 9, end_slot: 8 })).toBe(400);
      expect(await status({ start_slot: 150, end_slot: 160, source: "router", granularity: "oracle" })).toBe(400);
      const program_overrides = [{ program_id: WORLD.vaults[0]!.text, elf: "AA==" }];
      expect(await status({ start_slot: 150, end_slot: 160, source: "router", program_overrides })).toBe(400);
      expect(await status({ start_slot: 150, end_slot: 160, markets: ["DOGE-SHIB"] })).toBe(400);
      expect((await call(sim, "/generate-depth/nowhere")).status).toBe(404);
      const { body } = await generate(sim, { start_slot: 1, end_slot: 160 });
      at(NOON + 2_000);
      expect(await get(sim, `/generate-depth/${(body as { request_id: string }).request_id}`)).toMatchObject({
        status: "failed",
      });
    });
  });

  test("/datasets/credentials returns temporary credentials that expire after one hour", async () => {
    at(NOON);
    const { body } = await call(await running(), "/datasets/credentials", "POST");
    expect(body).toEqual({
      access_key_id: expect.any(String),
      secret_access_key: expect.any(String),
      session_token: expect.any(String),
      expiration: new Date(NOON + 3_600_000).toISOString(),
      s3_uri: expect.stringMatching(/^s3:/),
      user_s3_uri: expect.stringMatching(/^s3:/),
      region: "local",
    });
  });
}
