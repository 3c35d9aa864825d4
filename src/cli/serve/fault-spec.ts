import type { Fault, FaultTarget, FaultTrigger, FaultType } from "../../local/link/faults.js";
import type { Channel } from "../../local/link/link.js";
import { UsageError } from "../command-failure.js";
import { slot, whole } from "../values.js";

/** A fault, and when it strikes: at once, if nothing is said. */
export interface FaultOrder {
  fault: Fault;
  trigger?: FaultTrigger;
}

/** What each fault is written with behind its name. */
interface FaultForm {
  /** How the value is written; absent where there is none. */
  value?: string;
  /** Whether it strikes connections that are open, so that at the start there is nothing to strike. */
  needsTrigger: boolean;
  /** What it does, for the help and the control page. */
  does: string;
  read(value: string | undefined): Fault;
}

const MAX_TIMES = 1_000_000;
const MAX_MS = 2 ** 31 - 1;
const DEFAULT_CODE = 1012;

/** Codes that a close frame may carry (RFC 6455, 7.4). */
function closeCode(text: string): number {
  const code = whole(1000, 4999)(text);
  if ((code >= 3000 || code <= 1014) && ![1004, 1005, 1006].includes(code)) return code;
  throw new Error("no close frame carries that code");
}

const times = whole(1, MAX_TIMES);

/** By name, in the order of the help. */
const FAULT_FORMS: Readonly<Record<FaultType, FaultForm>> = {
  drop: { needsTrigger: true, does: "cut the connections, as a load balancer does", read: () => ({ type: "drop" }) },
  close: {
    value: "[=CODE]",
    needsTrigger: true,
    does: "close them with a code; 1012, a redeploy, by default",
    read: (value) => ({ type: "close", code: value === undefined ? DEFAULT_CODE : closeCode(value) }),
  },
  halfOpen: {
    needsTrigger: true,
    does: "let them fall silent and stay open: a dead link",
    read: () => ({ type: "halfOpen" }),
  },
  cutFrame: { needsTrigger: true, does: "cut them within a frame", read: () => ({ type: "cutFrame" }) },
  corruptFrame: { needsTrigger: true, does: "damage a frame", read: () => ({ type: "corruptFrame" }) },
  delay: {
    value: "=MS",
    needsTrigger: false,
    does: "let each frame leave later; 0 ends it",
    read: (value) => ({ type: "delay", ms: whole(0, MAX_MS)(value ?? "") }),
  },
  slow: {
    value: "=BYTES",
    needsTrigger: false,
    does: "let so many bytes a second leave, as towards a slow reader; 0 ends it",
    read: (value) => ({ type: "slow", bytesPerSecond: whole(0, Number.MAX_SAFE_INTEGER)(value ?? "") }),
  },
  busyOwner: {
    value: "[=TIMES]",
    needsTrigger: false,
    does: "say that somebody else holds the session, at the next attaches",
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
      return { type: "refuseUpgrade", status: whole(400, 599)(status), times: times(count) };
    },
  },
};

/** How all of them are written, for the help. */
export function describeForms(): string[] {
  const forms = Object.entries(FAULT_FORMS).map(([name, { value = "", does }]) => [`${name}${value}`, does] as const);
  const width = Math.max(...forms.map(([form]) => form.length));
  return forms.map(([form, does]) => `${form.padEnd(width)}  ${does}`);
}

const SHAPE =
  /^(?<name>[a-zA-Z-]+)(?:=(?<value>[^@:]*))?(?:@(?<when>slot|frames):(?<at>\d+))?(?::(?<channel>control|subscription))?$/;

/**
 * Reads `NAME[=VALUE][@slot:N|@frames:N][:control|:subscription]`. Names may be written with hyphens.
 *
 * @throws UsageError in one line
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
    return when === "slot" ? { atSlot: slot(at) } : { afterFrames: whole(1, Number.MAX_SAFE_INTEGER)(at) };
  } catch (error) {
    throw new UsageError(`--fault ${JSON.stringify(text)}: @${when}: ${(error as Error).message}`);
  }
}

function readFault(text: string, type: FaultType, value: string | undefined): Fault {
  const { value: form, does, read } = FAULT_FORMS[type];
  const problem = form === undefined && value !== undefined ? `${type} takes no value` : undefined;
  try {
    if (problem === undefined) return read(value);
  } catch {
    // Told below: what a value must be, its form says.
  }
  throw new UsageError(`--fault ${JSON.stringify(text)}: ${problem ?? `it is written ${type}${form}: ${does}`}`);
}

/**
 * The same for the start, when no connection is open yet.
 *
 * @throws UsageError also for what would strike nothing
 */
export function parseFirstFault(text: string): FaultOrder {
  const order = parseFault(text);
  if (order.trigger === undefined && FAULT_FORMS[order.fault.type].needsTrigger) {
    throw new UsageError(`--fault ${text}: there is no connection to strike at the start: say when, with @slot:N or @frames:N`);
  }
  return order;
}

function isFaultType(name: string): name is FaultType {
  return Object.hasOwn(FAULT_FORMS, name);
}
