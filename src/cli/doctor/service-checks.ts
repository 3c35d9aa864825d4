import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls, type PeerCertificate } from "node:tls";
import { isLoopbackHost } from "../../protocol/host.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { explain } from "../command-failure.js";
import type { makeClient } from "../common-options.js";
import { count, plural } from "../terminal/units.js";
import { type CheckResult, failed, ok, warning } from "./check.js";

/** A service, as it is checked step by step. */
export interface Service {
  url: URL;
  httpBase: string;
  client: ReturnType<typeof makeClient>;
  hasKey: boolean;
  interrupt: AbortSignal;
}

/** A step that takes longer has failed. */
const LIMIT_MS = 10_000;
/** Beyond it certificates and signed requests are judged by the wrong time; below it the answer's way is part of it. */
const MAX_SKEW_MS = 60_000;
const CERTIFICATE_DAYS = 14;
const DAY_MS = 86_400_000;

export function checkUrl({ url }: Service): CheckResult {
  if (url.protocol === "ws:" && !isLoopbackHost(url.hostname)) {
    return warning(`${url.host}, not encrypted: everybody on the way can read the key`, "take wss:// if the service has it");
  }
  return ok(url.host);
}

function hostOf({ url }: Service): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function portOf({ url }: Service): number {
  return Number(url.port) || (url.protocol === "wss:" ? 443 : 80);
}

export async function checkDns(service: Service): Promise<CheckResult> {
  const host = hostOf(service);
  if (isIP(host) !== 0) return ok(`${host} is an address`);
  try {
    const found = await lookup(host, { all: true });
    return ok(found.map(({ address }) => address).join(", "));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOTFOUND"
      ? failed(`there is no host ${host}`, "see whether the address is spelled right, and whether it needs a VPN")
      : failed(`${host} can't be looked up (${code})`, "see whether this machine has a network, and a name server");
  }
}

const TCP_REMEDIES: Record<string, string> = {
  ECONNREFUSED: "nobody listens there: see whether the port is right and the service is up",
  EHOSTUNREACH: "see whether this machine's network leads there: VPN, firewall",
  ENETUNREACH: "see whether this machine has a network that leads there",
};

export async function checkTcp(service: Service): Promise<CheckResult> {
  const port = portOf(service);
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connectTcp({ host: hostOf(service), port, timeout: LIMIT_MS });
    const settle = (result: CheckResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on("connect", () => settle(ok(`port ${port}, in ${Math.round(performance.now() - startedAt)} ms`)));
    socket.on("timeout", () =>
      settle(failed(`port ${port}: no answer within ${LIMIT_MS / 1000} s`, "a firewall may be in the way")),
    );
    socket.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      settle(failed(`port ${port}: ${code ?? message}`, TCP_REMEDIES[code ?? ""] ?? "see whether a firewall is in the way"));
    });
  });
}

export async function checkTls(service: Service): Promise<CheckResult> {
  const host = hostOf(service);
  return new Promise((resolve) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connectTls({ host, port: portOf(service), ...name, timeout: LIMIT_MS, rejectUnauthorized: false });
    const settle = (result: CheckResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on("secureConnect", () =>
      settle(judgeCertificate(socket.authorizationError, socket.getPeerCertificate(), Date.now())),
    );
    socket.on("timeout", () => settle(failed(`no handshake within ${LIMIT_MS / 1000} s`, "a firewall may be in the way")));
    socket.on("error", ({ message }) => settle(failed(message, "see whether the port speaks TLS: ws:// is the other scheme")));
  });
}

const TLS_REMEDIES: Record<string, string> = {
  CERT_HAS_EXPIRED: "the service's certificate is out of date, or this machine's clock is wrong",
  CERT_NOT_YET_VALID: "set this machine's clock",
  DEPTH_ZERO_SELF_SIGNED_CERT: "name the certificate's issuer with NODE_EXTRA_CA_CERTS=FILE, if you trust it",
  SELF_SIGNED_CERT_IN_CHAIN:
    "something in between reads along, such as a company's proxy: NODE_EXTRA_CA_CERTS=FILE names its certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "name the certificate's issuer with NODE_EXTRA_CA_CERTS=FILE, if you trust it",
  ERR_TLS_CERT_ALTNAME_INVALID: "see whether the address is spelled right: the certificate is another host's",
};

/** @param error why Node.js would refuse it; nothing for a good one */
export function judgeCertificate(error: unknown, certificate: Partial<PeerCertificate>, now: number): CheckResult {
  // Its type says Error; what comes is the code, or an error that has it.
  const code = typeof error === "string" ? error : (error as NodeJS.ErrnoException | null)?.code;
  if (error) {
    return failed(
      `the certificate is refused: ${code ?? String(error)}`,
      TLS_REMEDIES[code ?? ""] ?? "see who has issued it, and name the issuer with NODE_EXTRA_CA_CERTS=FILE if you trust it",
    );
  }
  const until = certificate.valid_to === undefined ? Number.NaN : Date.parse(certificate.valid_to);
  if (Number.isNaN(until)) return ok("the certificate is good");
  const days = Math.floor((until - now) / DAY_MS);
  return days < CERTIFICATE_DAYS
    ? warning(`the certificate is good, but for ${plural(days, "more day")} only`, "tell whoever runs the service")
    : ok(`the certificate is good until ${new Date(until).toISOString().slice(0, 10)}`);
}

/** Whether it is up, and what time it has. */
export async function checkHealth({ httpBase, interrupt }: Service): Promise<{ health: CheckResult; clock: CheckResult }> {
  const signal = AbortSignal.any([interrupt, AbortSignal.timeout(LIMIT_MS)]);
  const sentAt = Date.now();
  try {
    const response = await fetch(`${httpBase}/health`, { redirect: "manual", signal });
    const cameAt = Date.now();
    await response.body?.cancel();
    const health = response.ok
      ? ok("it is up")
      : failed(
          `/health answers with HTTP ${response.status}`,
          "see whether the address is the simulator's; else it is down, try again later",
        );
    return { health, clock: judgeClock(response.headers.get("date"), (sentAt + cameAt) / 2) };
  } catch (error) {
    const reason = (error as Error).cause ?? error;
    const health = failed(`/health does not answer: ${explain(reason)}`, "see whether the address is the simulator's");
    return { health, clock: { status: "skipped", detail: "there was no answer to tell the time by" } };
  }
}

/** @param date of an answer (RFC 9110, 6.6.1), whole seconds; @param now this machine's time, when it was written */
export function judgeClock(date: string | null, now: number): CheckResult {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return { status: "skipped", detail: "the service doesn't tell its time" };
  const skew = now - (theirs + 500);
  if (Math.abs(skew) < MAX_SKEW_MS) return ok(`${(Math.abs(skew) / 1000).toFixed(1)} s from the service's`);
  return failed(
    `it is ${count(Math.round(Math.abs(skew) / 1000))} s ${skew > 0 ? "ahead of" : "behind"} the service's`,
    "have this machine's clock set by the network (NTP)",
  );
}

/** The control channel, which is what a session needs: the key is read there. */
export async function checkControl({ client, hasKey, interrupt }: Service): Promise<CheckResult> {
  try {
    const connection = await client.connect({ signal: AbortSignal.any([interrupt, AbortSignal.timeout(LIMIT_MS)]) });
    await connection.close();
    return ok(hasKey ? "it opens, and the key is accepted" : "it opens, and asks for no key");
  } catch (error) {
    if (error instanceof SimulatorError && error.code === "unauthorized") {
      return failed(
        hasKey ? "the key is refused" : "a key is asked for",
        hasKey ? "set SIMULATOR_API_KEY to a key of this service" : "set SIMULATOR_API_KEY",
      );
    }
    const message = error instanceof Error ? error.message : String(error);
    return failed(
      `it doesn't open: ${message.replace(/\s+/g, " ")}`,
      "something in between may let no WebSocket through: a proxy, a firewall",
    );
  }
}

/** What there is to be replayed. */
export async function checkRanges({ client, interrupt }: Service): Promise<CheckResult> {
  try {
    const ranges = await client.availableRanges({ signal: interrupt, timeoutMs: LIMIT_MS });
    return ranges.length === 0
      ? warning("there are none", "have a bundle built (`client.buildBundle`), or ask whoever runs the service")
      : ok(plural(ranges.length, "range"));
  } catch (error) {
    return failed(explain(error), "see whether the key may read what there is");
  }
}
