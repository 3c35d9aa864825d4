import type { SessionInfo } from "../channels/session-info.js";
import { invalidParams } from "../protocol/error-helpers.js";
import type { GeyserFilters } from "../protocol/geyser/geyser-messages.js";
import { GEYSER_METHODS, sessionMethodPath, TOKEN_HEADER } from "../protocol/geyser/geyser-schema.js";
import { parseSessionId } from "../protocol/ids.js";
import { redactor } from "../protocol/redact.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { SessionContext } from "../session/context.js";
import type { SessionEngine } from "../session/session-engine.js";
import type { SubscribableSession } from "../session/subscribable-session.js";
import type { SocketTarget } from "../transport/socket.js";
import { USER_AGENT } from "../transport/user-agent.js";
import { toSubscribeRequest } from "./geyser-filters.js";
import { type CheckedGeyserOptions, checkOptions, type GeyserOptions } from "./geyser-options.js";
import { GeyserSubscription } from "./geyser-subscription.js";
import { type GrpcModule, loadGrpc } from "./grpc-module.js";
import type { GrpcTarget } from "./grpc-socket.js";

/** The number of Geyser subscriptions of each session so far. */
const counts = new WeakMap<SessionEngine, number>();

/**
 * Subscribes to the Yellowstone gRPC stream of a session. Needs Node.js and the package `@grpc/grpc-js`. Subscribe before the first
 * continue request, and wait for `ready`, so that no slot is executed before the stream is open.
 *
 * @throws SimulatorError `invalidParams` for a filter or an option; `controlClosed` if the session has ended;
 * `cancelled` for an aborted signal
 * @example
 * const stream = subscribeGeyser(session, { accounts: { tokens: { owner: [TOKEN_PROGRAM] } }, slots: { all: {} } });
 * await stream.ready;
 */
export function subscribeGeyser(
  session: SubscribableSession,
  filters: GeyserFilters,
  options: GeyserOptions = {},
): GeyserSubscription {
  const engine = engineOf(session);
  const { context, closing } = engine;
  const checked = checkOptions(options, context.httpBase);
  const request = toSubscribeRequest(filters, checked.commitment, checked.accountsDataSlice);
  if (closing.hasEnded) throw new SimulatorError("controlClosed", "the session has ended");
  if (checked.signal?.aborted) {
    throw new SimulatorError("cancelled", "the Geyser subscription was cancelled", { cause: checked.signal.reason });
  }
  const count = (counts.get(engine) ?? 0) + 1;
  counts.set(engine, count);
  const secrets = new Set<string>();
  const subscription = new GeyserSubscription({
    id: `geyser-${count}`,
    session,
    engine,
    context: { ...context, redact: (text) => redactor(secrets)(context.redact(text)) },
    request,
    fromSlot: checked.fromSlot,
    drainMs: checked.drainMs,
    signal: checked.signal,
    target: () => toTarget(engine.link.info, context, checked, secrets),
  });
  subscription.start();
  return subscription;
}

/** Does not use `instanceof`, because the session may come from another copy of this package (ES module or CommonJS). */
function engineOf(session: SubscribableSession): SessionEngine {
  const { engine } = Object(session) as { engine?: SessionEngine };
  if (engine?.context === undefined) throw invalidParams("session", "expected a session of a BacktestClient of this version");
  return engine;
}

async function toTarget(
  info: SessionInfo,
  context: SessionContext,
  { origin, token, grpc }: CheckedGeyserOptions,
  secrets: Set<string>,
): Promise<SocketTarget> {
  const target: GrpcTarget = {
    grpc: grpc ?? (await loadedGrpc()),
    path: sessionMethodPath(sessionIdOf(info), GEYSER_METHODS.subscribe),
    metadata: await toMetadata(context, origin, token, secrets),
    userAgent: USER_AGENT,
  };
  return { url: origin, options: { ...target } };
}

let grpcModule: Promise<GrpcModule> | undefined;

function loadedGrpc(): Promise<GrpcModule> {
  grpcModule ??= loadGrpc();
  // After a failure, the next call imports the package again, because the package may have been installed in the meantime.
  grpcModule.catch(() => {
    grpcModule = undefined;
  });
  return grpcModule;
}

/** Returns the id of a session. For an observed session, the id is taken from the path of its RPC endpoint. */
function sessionIdOf({ sessionId, rpcEndpoint }: SessionInfo): string {
  const last = new URL(rpcEndpoint).pathname.split("/").findLast((part) => part !== "");
  const id = sessionId === "" ? parseSessionId(last) : sessionId;
  if (id === undefined)
    throw new SimulatorError("unsupported", "the RPC endpoint of the session does not contain the session id");
  return id;
}

/**
 * Returns the metadata of a gRPC call to `origin`. The client's key and headers are added only if `origin` is also the origin of
 * the client's URL. The option `token` is added for any origin.
 */
async function toMetadata(
  { httpBase, httpHeaders }: SessionContext,
  origin: string,
  token: CheckedGeyserOptions["token"],
  secrets: Set<string>,
): Promise<Record<string, string>> {
  const metadata: Record<string, string> = {};
  if (new URL(httpBase).origin === origin) {
    for (const [name, value] of Object.entries(await httpHeaders())) {
      if (name.toLowerCase() === "user-agent") continue;
      metadata[name.toLowerCase()] = value;
      if (name === "X-API-Key") metadata[TOKEN_HEADER] = value;
    }
  }
  const chosen = typeof token === "function" ? await token() : token;
  if (chosen !== undefined) {
    // gRPC metadata allows only printable ASCII characters. The error does not contain the token, because it is a secret.
    if (!/^[\x21-\x7e]+$/.test(chosen)) throw invalidParams("token", "expected visible ASCII characters");
    secrets.add(chosen);
    metadata[TOKEN_HEADER] = chosen;
  }
  return metadata;
}
