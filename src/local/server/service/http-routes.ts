import * as v from "valibot";
import { parseJson } from "../../../codec/json.js";
import { findProblem } from "../../../protocol/message.js";
import type { Engine } from "../../engine/engine.js";
import type { Timing } from "../../link/timing.js";
import { Bundles, bundleRequest, isKind } from "./bundles.js";
import { DepthRuns, depthRequest } from "./depth-runs.js";
import { type HttpResponse, jsonAnswer, textAnswer } from "./http-message.js";
import { availableRanges } from "./service-ranges.js";
import { readWindow, UsageLog } from "./usage-log.js";

/** A call to the service. */
interface Call {
  query: URLSearchParams;
  body: string;
  /** The parameter at the end of the path, for example the id of a build. Empty if the route has no parameter. */
  id: string;
}

type Answer = (service: Service, call: Call) => HttpResponse;

/** A route of the service. */
export interface Route {
  method: "GET" | "POST" | "DELETE";
  path: RegExp;
  /** Whether a call needs an API key if the simulator has one. `"required"` and `"optional"` refuse a wrong key. */
  key: "required" | "optional" | "ignored";
  answer: Answer;
}

const CREDENTIALS_MS = 3_600_000;
const DEFAULT_BUILDS = 50;

const WINDOW = "since and until: expected RFC 3339 times, in order and at most 366 days apart";

const ok: Answer = () => textAnswer(200, "ok");

/** The HTTP calls of the service. See protocol.md, 6. */
export const ROUTES: readonly Route[] = [
  { method: "GET", path: /^\/(?:health|ready)$/, key: "ignored", answer: ok },
  {
    method: "GET",
    path: /^\/available-ranges$/,
    key: "optional",
    answer: ({ ledger, bundles }, { query }) => {
      const includeAccountState = query.get("include_account_state") === "true";
      return jsonAnswer(availableRanges(ledger.bundles, bundles.own, includeAccountState));
    },
  },
  {
    method: "GET",
    path: /^\/usage$/,
    key: "required",
    answer: ({ usage, timing }, { query }) => {
      const window = readWindow(query, timing.now());
      return window === undefined ? badRequest(WINDOW) : jsonAnswer(usage.report(window));
    },
  },
  {
    method: "GET",
    path: /^\/usage\/sessions$/,
    key: "required",
    answer: ({ usage, timing }, { query }) => {
      const window = readWindow(query, timing.now());
      const page = window === undefined ? undefined : usage.page(window, query.get("cursor"));
      return page === undefined ? badRequest(`${WINDOW}; cursor: expected the next_cursor of a page`) : jsonAnswer(page);
    },
  },
  {
    method: "GET",
    path: /^\/snapshot-slot$/,
    key: "required",
    answer: ({ ledger }) => {
      const newest = ledger.bundles.at(-1);
      return newest === undefined ? notFound("no snapshot") : jsonAnswer({ snapshot_slot: newest.startSlot });
    },
  },
  {
    method: "POST",
    path: /^\/build-bundle$/,
    key: "required",
    answer: ({ bundles, usage }, { body }) =>
      withBody(bundleRequest, body, (request) => {
        if (request.end_slot < request.start_slot) return badRequest("end_slot is before start_slot");
        const { isNew, answer } = bundles.build(request);
        if (isNew) usage.buildRequested();
        return jsonAnswer(answer);
      }),
  },
  {
    method: "GET",
    path: /^\/build-bundle$/,
    key: "required",
    answer: ({ bundles }, { query }) => {
      const limit = query.get("limit") ?? `${DEFAULT_BUILDS}`;
      return /^\d{1,9}$/.test(limit) ? jsonAnswer(bundles.list(Number(limit))) : badRequest("limit: expected a number");
    },
  },
  {
    method: "GET",
    path: /^\/build-bundle\/([^/]+)$/,
    key: "required",
    answer: ({ bundles }, { id }) => found(bundles.find(id), "no such build"),
  },
  {
    method: "DELETE",
    path: /^\/bundles$/,
    key: "required",
    answer: ({ bundles }, { query }) => {
      const [startSlot, endSlot] = [readSlot(query.get("start_slot")), readSlot(query.get("end_slot"))];
      const kind = query.get("kind") ?? "blocks";
      if (startSlot === undefined || endSlot === undefined || !isKind(kind)) {
        return badRequest("expected start_slot, end_slot and kind");
      }
      if (!bundles.delete({ startSlot, endSlot, kind })) return notFound("this API key has no such bundle");
      return jsonAnswer({ start_slot: startSlot, end_slot: endSlot, kind });
    },
  },
  {
    method: "POST",
    path: /^\/generate-depth$/,
    key: "required",
    answer: ({ depth }, { body }) =>
      withBody(depthRequest, body, (request) => {
        const begun = depth.begin(request);
        return "problem" in begun ? badRequest(begun.problem) : jsonAnswer(begun.answer);
      }),
  },
  {
    method: "GET",
    path: /^\/generate-depth\/coverage$/,
    key: "required",
    answer: ({ depth }) => jsonAnswer(depth.coverage()),
  },
  {
    method: "GET",
    path: /^\/generate-depth\/([^/]+)$/,
    key: "required",
    answer: ({ depth }, { id }) => found(depth.find(id), "no such run"),
  },
  {
    method: "POST",
    path: /^\/datasets\/credentials$/,
    key: "required",
    answer: ({ timing }) =>
      jsonAnswer({
        access_key_id: "LOCALSIMULATOR",
        secret_access_key: "there-is-no-store-behind-the-local-simulator",
        session_token: "local",
        expiration: new Date(timing.now() + CREDENTIALS_MS).toISOString(),
        s3_uri: "s3://local-simulator/datasets",
        user_s3_uri: "s3://local-simulator/users/local",
        region: "local",
      }),
  },
];

/** The state of the service apart from its sessions. */
export class Service {
  readonly timing: Timing;
  readonly usage: UsageLog;
  readonly bundles: Bundles;
  readonly depth: DepthRuns;
  readonly ledger: Pick<Engine, "bundles">;

  constructor(ledger: Pick<Engine, "bundles">, timing: Timing) {
    this.timing = timing;
    this.usage = new UsageLog(timing);
    this.ledger = ledger;
    this.bundles = new Bundles(ledger.bundles, timing);
    this.depth = new DepthRuns(ledger.bundles, timing);
  }
}

function withBody<T extends v.GenericSchema>(
  schema: T,
  body: string,
  answer: (request: v.InferOutput<T>) => HttpResponse,
): HttpResponse {
  let value: unknown;
  try {
    value = parseJson(body, { integersOnly: true });
  } catch {
    return badRequest("the body is not JSON");
  }
  const problem = findProblem(schema, value);
  return problem === undefined ? answer(v.parse(schema, value)) : badRequest(problem);
}

function readSlot(text: string | null): bigint | undefined {
  return text !== null && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

function found(value: unknown, otherwise: string): HttpResponse {
  return value === undefined ? notFound(otherwise) : jsonAnswer(value);
}

function badRequest(problem: string): HttpResponse {
  return textAnswer(400, problem);
}

function notFound(problem: string): HttpResponse {
  return textAnswer(404, problem);
}
