import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls, type PeerCertificate } from "node:tls";
import { isLoopbackHost } from "../../protocol/host.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { explain } from "../command-failure.js";
import type { makeClient } from "../common-options.js";
import { count, plural } from "../terminal/units.js";
import { type CheckResult, failed, ok, skipped, warning } from "./check.js";

/** The service to check. */
export interface Service {
  url: URL;
  httpBase: string;
  client: ReturnType<typeof makeClient>;
  fetch: typeof fetch;
  hasKey: boolean;
  interrupt: AbortSignal;
}

/** Time limit of each check, in ms. */
const LIMIT_MS = 10_000;
/** Maximum difference between the clocks, in ms. With a larger difference, valid certificates can be refused. */
const MAX_SKEW_MS = 60_000;
const CERTIFICATE_DAYS = 14;
const DAY_MS = 86_400_000;

export function checkUrl({ url }: Service): CheckResult {
  if (url.protocol === "ws:" && !isLoopbackHost(url.hostname)) {
    return warning(
      `${url.host} is not encrypted, so that others on the network can read the key`,
      "use wss:// if the service supports it",
    );
  }
  return ok(url.host);
}

function hostOf({ url }: Service): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function portOf({ url }: Service): number {
  return Number(url.port) || (/^(?:wss|https):$/.test(url.protocol) ? 443 : 80);
}

export async function checkDns(service: Service): Promise<CheckResult> {
  const host = hostOf(service);
  if (isIP(host) !== 0) return ok(`${host} is an IP address`);
  try {
    const found = await lookup(host, { all: true });
    return ok(found.map(({ address }) => address).join(", "));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOTFOUND"
      ? failed(`the host ${host} does not exist`, "check the spelling of the address, and whether it needs a VPN")
      : failed(`${host} cannot be resolved (${code})`, "check the network and the DNS server of this machine");
  }
}

const TCP_REMEDIES: Record<string, string> = {
  ECONNREFUSED: "check the port, and whether the service is running",
  EHOSTUNREACH: "check the network of this machine: VPN, firewall",
  ENETUNREACH: "check the network of this machine",
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
    socket.on("connect", () => settle(ok(`port ${port} opened in ${Math.round(performance.now() - startedAt)} ms`)));
    socket.on("timeout", () =>
      settle(failed(`port ${port}: no response within ${LIMIT_MS / 1000} s`, "check whether a firewall blocks the connection")),
    );
    socket.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      settle(
        failed(`port ${port}: ${code ?? message}`, TCP_REMEDIES[code ?? ""] ?? "check whether a firewall blocks the connection"),
      );
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
    socket.on("timeout", () =>
      settle(failed(`no handshake within ${LIMIT_MS / 1000} s`, "check whether a firewall blocks the connection")),
    );
    socket.on("error", ({ message }) =>
      settle(failed(message, "check whether the port uses TLS; without TLS the scheme is ws://")),
    );
  });
}

const TRUST_ISSUER = "add the certificate of the issuer with NODE_EXTRA_CA_CERTS=FILE, if you trust it";

const TLS_REMEDIES: Record<string, string> = {
  CERT_HAS_EXPIRED: "the certificate has expired, or the clock of this machine is wrong",
  CERT_NOT_YET_VALID: "set the clock of this machine",
  DEPTH_ZERO_SELF_SIGNED_CERT: TRUST_ISSUER,
  SELF_SIGNED_CERT_IN_CHAIN:
    "a proxy, such as a company proxy, decrypts the connection; add its certificate with NODE_EXTRA_CA_CERTS=FILE",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TRUST_ISSUER,
  ERR_TLS_CERT_ALTNAME_INVALID: "check the spelling of the address; the certificate belongs to another host",
};

/** @param error the reason why Node.js refuses the certificate; `null` if Node.js accepts it */
function judgeCertificate(error: unknown, certificate: Partial<PeerCertificate>, now: number): CheckResult {
  // Node.js declares an Error here, but may also pass the error code as a string.
  const code = typeof error === "string" ? error : (error as NodeJS.ErrnoException | null)?.code;
  if (error) {
    return failed(`the certificate is not valid: ${code ?? String(error)}`, TLS_REMEDIES[code ?? ""] ?? TRUST_ISSUER);
  }
  const until = certificate.valid_to === undefined ? Number.NaN : Date.parse(certificate.valid_to);
  if (Number.isNaN(until)) return ok("the certificate is valid");
  const days = Math.floor((until - now) / DAY_MS);
  return days < CERTIFICATE_DAYS
    ? warning(`the certificate expires in ${plural(days, "day")}`, "report this to the operator of the service")
    : ok(`the certificate is valid until ${new Date(until).toISOString().slice(0, 10)}`);
}

/** Checks the health endpoint, and compares the local clock with the date of the response. */
export async function checkHealth({ httpBase, fetch, interrupt }: Service): Promise<{ health: CheckResult; clock: CheckResult }> {
  const signal = AbortSignal.any([interrupt, AbortSignal.timeout(LIMIT_MS)]);
  const sentAt = Date.now();
  try {
    const response = await fetch(`${httpBase}/health`, { redirect: "manual", signal });
    const receivedAt = Date.now();
    await response.body?.cancel();
    const health = response.ok
      ? ok("running")
      : failed(
          `/health responds with HTTP ${response.status}`,
          "check the address; if it is right, the service is down, so try again later",
        );
    return { health, clock: judgeClock(response.headers.get("date"), (sentAt + receivedAt) / 2) };
  } catch (error) {
    const reason = (error as Error).cause ?? error;
    const health = failed(`/health does not respond: ${explain(reason)}`, "check whether this is the address of a simulator");
    return { health, clock: skipped("no response to compare with") };
  }
}

/**
 * @param date the header `Date` (RFC 9110, 6.6.1), in whole seconds
 * @param now the local time halfway between the request and the response, in ms
 */
function judgeClock(date: string | null, now: number): CheckResult {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return skipped("the response has no date");
  const skew = now - (theirs + 500);
  if (Math.abs(skew) < MAX_SKEW_MS) return ok(`${(Math.abs(skew) / 1000).toFixed(1)} s difference to the service`);
  return failed(
    `${count(Math.round(Math.abs(skew) / 1000))} s ${skew > 0 ? "ahead of" : "behind"} the service`,
    "synchronize the clock of this machine (NTP)",
  );
}

/** Opens the control channel, for which the service checks the API key. */
export async function checkControl({ client, hasKey, interrupt }: Service): Promise<CheckResult> {
  try {
    const connection = await client.connect({ signal: AbortSignal.any([interrupt, AbortSignal.timeout(LIMIT_MS)]) });
    await connection.close();
    return ok(hasKey ? "opened, the key is accepted" : "opened, no key is required");
  } catch (error) {
    if (error instanceof SimulatorError && error.code === "unauthorized") {
      return failed(
        hasKey ? "the key was refused" : "a key is required",
        hasKey ? "set SIMULATOR_API_KEY to a key of this service" : "set SIMULATOR_API_KEY",
      );
    }
    const message = error instanceof Error ? error.message : String(error);
    return failed(`could not open: ${message}`, "check whether a proxy or a firewall blocks WebSockets");
  }
}

/** Requests the available ranges. */
export async function checkRanges({ client, interrupt }: Service): Promise<CheckResult> {
  try {
    const ranges = await client.availableRanges({ signal: interrupt, timeoutMs: LIMIT_MS });
    return ranges.length === 0
      ? warning("no ranges", "build a bundle with `client.buildBundle`, or ask the operator of the service")
      : ok(plural(ranges.length, "range"));
  } catch (error) {
    return failed(explain(error), "check whether the key may list ranges");
  }
}
