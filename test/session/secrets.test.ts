import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import type { BacktestClientOptions } from "../../src/client/client-options.js";
import { stringifyJson } from "../../src/codec/json.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import { startScriptedServer } from "../support/scripted-server.js";
import {
  CREATE,
  CREATED,
  diff,
  newClient,
  PROGRAM,
  pageWebSocket,
  reattach,
  rejection,
  startSession,
  until,
} from "./session-rig.js";

/** A key with characters that the different URL encodings escape in different ways. */
const KEY = "sk~live!5f'e(d)c*b+a/9=8&7%6#5";
const HEADER_VALUE = "team token: ~blue!(42)*'&?";

/** A server message with the key in each form: plain, URL-encoded and base64url. */
const ECHO = `you sent ${KEY}, ${new URLSearchParams({ api_key: KEY })}, ${Buffer.from(KEY).toString("base64url")}`;

/** Returns all forms in which a secret may appear, such as URL-encoded or base64. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams({ k: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    // The next three entries are the beginning of the secret. A shortened secret is a leak, too.
    secret.slice(0, 12),
    encodeURIComponent(secret).slice(0, 16),
    bytes.toString("base64url").slice(0, 16),
  ];
}

/** Records all logs, events and errors of a client, in each form in which they can be printed. */
class Witness {
  readonly seen: string[] = [];
  readonly logger = {
    debug: (line: string) => this.hear(line),
    info: (line: string) => this.hear(line),
    warn: (line: string) => this.hear(line),
    error: (line: string) => this.hear(line),
  };

  hear(thing: unknown): void {
    this.seen.push(typeof thing === "string" ? thing : inspect(thing, { depth: 20, showHidden: true, getters: true }));
    for (let error = thing; error instanceof Error; error = error.cause) {
      this.seen.push(String(error), error.stack ?? "", stringifyJson({ ...error, cause: undefined }));
    }
  }

  /** Records every event that a session emits. */
  follow(session: ManagedBacktestSession): void {
    for (const name of [
      "readyForContinue",
      "slot",
      "status",
      "completed",
      "error",
      "unrecognized",
      "continuity",
      "accountDiff",
    ] as const) {
      session.on(name, (event) => this.hear(event));
    }
    session.on("connection", (change) => this.hear(change));
    session.on("close", (end) => {
      this.hear(end);
      this.hear(end.error);
    });
    void session.closed.then((end) => this.hear(end));
    this.hear(session.info);
    this.hear(session.connection);
  }

  check(): void {
    const text = this.seen.join("\n");
    expect(text.length).toBeGreaterThan(100);
    for (const secret of [KEY, HEADER_VALUE]) {
      for (const spelling of spellings(secret)) expect(text).not.toContain(spelling);
    }
  }
}

const modes: [name: string, options: Partial<BacktestClientOptions>][] = [
  ["as a header", { auth: "header" }],
  ["as a subprotocol", { auth: "subprotocol" }],
  ["in the query", { auth: "query" }],
  ["as a subprotocol of a page's socket", { auth: "subprotocol", WebSocket: pageWebSocket }],
  ["in the query of a page's socket", { auth: "query", WebSocket: pageWebSocket }],
];

describe.each(modes)("a key %s", (_, mode) => {
  const setUp = async (options: Partial<BacktestClientOptions> = {}) => {
    const server = await startScriptedServer();
    const witness = new Witness();
    onTestFinished(() => witness.check());
    const client = newClient(server, {
      apiKey: KEY,
      headers: { "X-Team": HEADER_VALUE },
      logger: witness.logger,
      ...mode,
      ...options,
    });
    return { server, witness, client };
  };

  test("the API key of a session is sent, but is in no log, event or error", async () => {
    const { server, witness, client } = await setUp({ reconnect: { maxAttempts: 2 } });
    const { session, control } = await startSession(server, client, CREATE, { onConnection: (change) => witness.hear(change) });
    const carried = `${control.url} ${control.headers["x-api-key"]} ${control.headers["sec-websocket-protocol"]}`;
    expect(spellings(KEY).some((spelling) => carried.includes(spelling))).toBe(true);
    witness.follow(session);
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    await diffs.accept("accountDiffSubscribe", 7);
    expect(`${diffs.url} ${JSON.stringify(diffs.headers)}`).not.toMatch(/api|token/i);
    diffs.notify("accountDiffNotification", 7, diff(100, "a"));
    diffs.send('{"nonsense":1}');
    witness.hear(session.diagnostics);
    // The server repeats the key that it received.
    control.close(1008, `bad key ${KEY}`.slice(0, 120));
    const { control: second } = await reattach(server);
    second.close(4000, `GET /backtest?${new URLSearchParams({ api_key: KEY })}`.slice(0, 120));
    const { control: third } = await reattach(server);
    third.close(4001, `${Buffer.from(KEY).toString("base64url")} ${HEADER_VALUE}`.slice(0, 120));
    const end = await session.closed;
    expect(end).toMatchObject({ reason: "failed", error: { code: "controlFailed" } });
    witness.hear(await rejection(session.continue()));
  });

  test.each([401, 404, 503])("no error contains the API key if the upgrade is refused with %d", async (status) => {
    const { server, witness, client } = await setUp({ timeouts: { initialConnectMs: 60 } });
    server.refuse("control", status, 100);
    const error = await rejection(client.startSession(CREATE, { onConnection: (change) => witness.hear(change) }));
    witness.hear(error);
  });

  test("no error contains the API key if no server listens", async () => {
    const { server, witness, client } = await setUp({ timeouts: { initialConnectMs: 60 } });
    await server.goAway();
    witness.hear(await rejection(client.startSession(CREATE, { onConnection: (change) => witness.hear(change) })));
  });

  test("no error contains the API key if a create or attach request is refused", async () => {
    const { server, witness, client } = await setUp();
    const refused = rejection(client.startSession(CREATE));
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(undefined, "error", { invalidRequest: { error: "no such range" } });
    witness.hear(await refused);
    const { session, control: standing } = await startSession(server, client);
    witness.follow(session);
    standing.destroy();
    const next = await server.control();
    await next.expect("attachBacktestSession");
    next.respond(undefined, "error", { sessionNotFound: { session_id: CREATED.session_id } });
    await session.closed;
  });

  test("the client removes the API key from server errors, in events and in rejections", async () => {
    const { server, witness, client } = await setUp();
    const refused = rejection(client.startSession(CREATE));
    const refusing = await server.control();
    await refusing.expect("createBacktestSession");
    refusing.respond(undefined, "error", { invalidRequest: { error: ECHO } });
    const error = await refused;
    witness.hear(error);
    expect(error.message).toContain("[redacted]");
    expect(error.remote).toMatchObject({ kind: "invalidRequest", error: expect.stringContaining("[redacted]") });

    const { session, control } = await startSession(server, client);
    witness.follow(session);
    control.respond(1, "error", { simulationError: { error: ECHO } });
    control.respond(2, "error", { anErrorOfANewerServer: ECHO });
    control.send({ seqId: 3, method: "aMethodOfANewerServer", params: ECHO });
    control.send({ seqId: 4, method: "slotNotification", params: ECHO });
    await until(() => witness.seen.filter((line) => line.includes("[redacted]")).length >= 5, "the rejection and four events");
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    const { id } = await diffs.expect("accountDiffSubscribe");
    diffs.send({ jsonrpc: "2.0", method: "aNotificationOfANewerServer", params: ECHO });
    diffs.refuse(id, -32_602, ECHO);
    const end = await session.closed;
    expect(end).toMatchObject({ reason: "failed", error: { code: "subscriptionFailed" } });
  });

  test("if an error repeats the API key, a raw connection delivers the error without the key", async () => {
    const { server, witness, client } = await setUp();
    const connecting = client.connect();
    const control = await server.control();
    const connection = await connecting;
    control.respond(undefined, "error", { invalidRequest: { error: ECHO } });
    const { value: response } = await connection.responses()[Symbol.asyncIterator]().next();
    witness.hear(response);
    expect(inspect(response, { depth: 9 })).toContain("[redacted]");
    await connection.close();
  });

  test.each([
    ["a JSON-RPC error", JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32_000, message: ECHO, data: ECHO } })],
    ["a page", `<html>${"padding ".repeat(23)} ${ECHO}</html>`],
    ["JSON of another kind", JSON.stringify({ problem: ECHO })],
  ])(
    "the error of a session RPC call does not contain the API key, even if the response (%s) contains the key",
    async (_, body) => {
      const fetch = async () => new Response(body, { status: 400 });
      const { server, witness, client } = await setUp({ fetch });
      const { session } = await startSession(server, client);
      const error = await rejection(session.modifyAccounts({}));
      witness.hear(error);
      expect(error.body).toContain("[redacted]");
    },
  );
});

describe("a URL with a key in its query", () => {
  test("a URL with an API key in its query is not printed", async () => {
    const server = await startScriptedServer();
    const witness = new Witness();
    const client = newClient(
      { url: `${server.url}?token=${encodeURIComponent(KEY)}` },
      { apiKey: KEY, logger: witness.logger, timeouts: { initialConnectMs: 40 } },
    );
    await server.goAway();
    const error = await rejection(client.startSession(CREATE));
    witness.hear(error);
    expect(error.message).toContain("127.0.0.1");
    witness.check();
  });
});

describe("a key that changes", () => {
  test("if the API key changes, both the old and the new key are removed from the output", async () => {
    const server = await startScriptedServer();
    const witness = new Witness();
    const keys = ["first-secret-key", "second-secret-key", "third-secret-key"];
    let count = 0;
    const client = newClient(server, { apiKey: () => keys[count++] ?? "last-secret-key", logger: witness.logger });
    const { session, control } = await startSession(server, client);
    witness.follow(session);
    control.close(4000, "you sent first-secret-key");
    const { control: second } = await reattach(server);
    second.close(4000, "you sent second-secret-key, and before that first-secret-key");
    await reattach(server);
    await until(() => witness.seen.filter((line) => line.includes("4000")).length >= 2, "two losses");
    await session.shutdown();
    const text = witness.seen.join("\n");
    for (const key of keys) expect(text).not.toContain(key);
    expect(text).toContain("[redacted]");
  });
});

test("the test helper `Witness` finds an API key in the cause of an error", () => {
  const witness = new Witness();
  witness.hear(new Error("padding ".repeat(20), { cause: new Error(`with ${KEY}`) }));
  expect(() => witness.check()).toThrow();
});
