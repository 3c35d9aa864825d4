import type { Fault, FaultTarget, FaultTrigger, FaultType } from "../../local/link/faults.js";
import type { Channel } from "../../local/link/link.js";
import { UsageError } from "../command-failure.js";
import { integer, slot } from "../values.js";

/** A fault, and when it takes effect. */
export interface FaultOrder {
  fault: Fault;
  /** @default the fault takes effect immediately */
  trigger?: FaultTrigger;
}

/** The notation and description of a kind of fault. */
interface FaultForm {
  /** The format of the value, as the help shows it. Absent if the fault has no value. */
  value?: string;
  /**
   * Whether the fault affects only open connections. No connection is open when `serve` starts, so such a fault needs a trigger.
   */
  needsTrigger: boolean;
  /** The description for the help and the fault page. */
  does: string;
  read(value: string | undefined): Fault;
}

const MAX_TIMES = 1_000_000;
const MAX_MS = 2 ** 31 - 1;
const DEFAULT_CODE = 1012;

/** Parses a code that is allowed in a close frame (RFC 6455, 7.4). */
function closeCode(text: string): number {
  const code = integer(1000, 4999)(text);
  if ((code >= 3000 || code <= 1014) && ![1004, 1005, 1006].includes(code)) return code;
  throw new Error("not a code of a close frame");
}

const times = integer(1, MAX_TIMES);

/** All kinds of faults, in the order of the help. */
const FAULT_FORMS: Readonly<Record<FaultType, FaultForm>> = {
  drop: { needsTrigger: true, does: "reset the connections, as a load balancer does", read: () => ({ type: "drop" }) },
  close: {
    value: "[=CODE]",
    needsTrigger: true,
    does: "close the connections with a code (default: 1012, a redeploy)",
    read: (value) => ({ type: "close", code: value === undefined ? DEFAULT_CODE : closeCode(value) }),
  },
  halfOpen: {
    needsTrigger: true,
    does: "send nothing more, but keep the connections open: a dead link",
    read: () => ({ type: "halfOpen" }),
  },
  cutFrame: { needsTrigger: true, does: "reset the connections in the middle of a frame", read: () => ({ type: "cutFrame" }) },
  corruptFrame: { needsTrigger: true, does: "damage a frame", read: () => ({ type: "corruptFrame" }) },
  delay: {
    value: "=MS",
    needsTrigger: false,
    does: "delay each frame; 0 ends it",
    read: (value) => ({ type: "delay", ms: integer(0, MAX_MS)(value ?? "") }),
  },
  slow: {
    value: "=BYTES",
    needsTrigger: false,
    does: "limit the rate in bytes per second, as a slow reader does; 0 ends it",
    read: (value) => ({ type: "slow", bytesPerSecond: integer(0, Number.MAX_SAFE_INTEGER)(value ?? "") }),
  },
  busyOwner: {
    value: "[=TIMES]",
    needsTrigger: false,
    does: "refuse the next attaches because another client has the session",
    read: (value) => ({ type: "busyOwner", times: times(value ?? "1") }),
  },
  refuseAuth: {
    value: "[=TIMES]",
    needsTrigger: false,
    does: "refuse the next upgrades of the control channel with 401",
    read: (value) => ({ type: "refuseAuth", times: times(value ?? "1") }),
  },
  refuseUpgrade: {
    value: "=STATUS[xTIMES]",
    needsTrigger: false,
    does: "refuse the next upgrades with a status",
    read: (value) => {
      const [status = "", count = "1", ...more] = (value ?? "").split("x");
      if (more.length > 0) throw new Error("too many parts");
      return { type: "refuseUpgrade", status: integer(400, 599)(status), times: times(count) };
    },
  },
};

/** Lists all kinds of faults with notation and description, for the help. */
export function describeForms(): string[] {
  const forms = Object.entries(FAULT_FORMS).map(([name, { value = "", does }]) => [`${name}${value}`, does] as const);
  const width = Math.max(...forms.map(([form]) => form.length));
  return forms.map(([form, does]) => `${form.padEnd(width)}  ${does}`);
}

const SHAPE =
  /^(?<name>[a-zA-Z-]+)(?:=(?<value>[^@:]*))?(?:@(?<when>slot|frames):(?<at>\d+))?(?::(?<channel>control|subscription))?$/;

/**
 * Parses `NAME[=VALUE][@slot:N|@frames:N][:control|:subscription]`. Names may also be written with hyphens.
 *
 * @throws UsageError with a message of one line
 * @example parseFault("close=1012@frames:500:control")
 * // { fault: { type: "close", code: 1012 }, trigger: { afterFrames: 500, target: { channel: "control" } } }
 */
export function parseFault(text: string): FaultOrder {
  const { name = "", value, when, at = "", channel } = SHAPE.exec(text)?.groups ?? {};
  const type = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (!isFaultType(type)) {
    throw new UsageError(
      `--fault ${JSON.stringify(text)}: expected NAME[=VALUE][@slot:N|@frames:N][:control|:subscription], NAME one of ${Object.keys(FAULT_FORMS).join(", ")}`,
    );
  }
  const target: FaultTarget | undefined = channel === undefined ? undefined : { channel: channel as Channel };
  const fault = readFault(text, type, value);
  if (when === undefined) return { fault: { ...fault, ...(target !== undefined && { target }) } };
  const point = readPoint(text, when, at);
  return { fault, trigger: { ...point, ...(target !== undefined && { target }) } };
}

function readPoint(text: string, when: string, at: string): { atSlot: bigint } | { afterFrames: number } {
  try {
    return when === "slot" ? { atSlot: slot(at) } : { afterFrames: integer(1, Number.MAX_SAFE_INTEGER)(at) };
  } catch (error) {
    throw new UsageError(`--fault ${JSON.stringify(text)}: @${when}: ${(error as Error).message}`);
  }
}

function readFault(text: string, type: FaultType, value: string | undefined): Fault {
  const { value: form, does, read } = FAULT_FORMS[type];
  const problem = form === undefined && value !== undefined ? `${type} has no value` : undefined;
  try {
    if (problem === undefined) return read(value);
  } catch {
    // The value is not valid: throws the UsageError at the end of this function.
  }
  throw new UsageError(`--fault ${JSON.stringify(text)}: ${problem ?? `expected ${type}${form} (${does})`}`);
}

/**
 * Parses a fault that is set before any connection is open.
 *
 * @throws UsageError if the fault is not valid, or needs an open connection
 */
export function parseFirstFault(text: string): FaultOrder {
  const order = parseFault(text);
  if (order.trigger === undefined && FAULT_FORMS[order.fault.type].needsTrigger) {
    throw new UsageError(`--fault ${text}: no connection is open at the start; add @slot:N or @frames:N`);
  }
  return order;
}

function isFaultType(name: string): name is FaultType {
  return Object.hasOwn(FAULT_FORMS, name);
}
