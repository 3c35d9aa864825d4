import { requireList, requireMethods, requireObject, requireOptions } from "../protocol/arguments.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { toU64 } from "../protocol/scalars.js";
import type { AccountData } from "../protocol/shapes.js";
import { SimulatorError } from "../protocol/simulator-error.js";

/** Transactions that are executed at the beginning of a slot. */
export interface Injection<T = string | Uint8Array> {
  /** The slot at whose beginning the transactions are executed. */
  readonly slot: bigint | number;
  /** Signed transactions, as base64 or bytes. Sessions also accept objects of `@solana/kit` and `@solana/web3.js`. */
  readonly transactions: readonly T[];
}

/**
 * The changes of a run.
 *
 * @example
 * const changes = { programs: { [program]: elf }, transactions: [{ slot: 300_000_010n, transactions: [wire] }] };
 */
export interface RunChanges<T = string | Uint8Array> {
  /** The ELF files that replace the code of upgradeable programs, by address. @default none */
  readonly programs?: Readonly<Record<string, Uint8Array>>;
  /** Account states to set before the first slot, by address. They replace the states on the chain. @default none */
  readonly accounts?: Readonly<Record<string, AccountData>>;
  /** Transactions to execute, by slot. @default none */
  readonly transactions?: readonly Injection<T>[];
}

type StateChanges = Pick<RunChanges, "programs" | "accounts">;

/** The methods of a session that are needed to apply changes. */
export interface ModifiableSession {
  /** Returns the account states that replace the code of a program. */
  programOverride(program: string, elf: Uint8Array): Promise<Record<string, AccountData>>;
  /** Sets account states. Returns their number. */
  modifyAccounts(accounts: Record<string, AccountData>): Promise<number>;
}

/** A session whose run can be changed, such as a `ManagedBacktestSession` of `simulator-client`. */
export interface ChangeableSession<E, T> extends ModifiableSession {
  /** Iterates over the events, and sends the continue requests. */
  run(options?: { step?: bigint | number; signal?: AbortSignal; keepUntilHandled?: boolean }): AsyncIterable<E>;
  /** Returns the next event. */
  nextEvent(options?: { signal?: AbortSignal }): Promise<E>;
  /** Sends a continue request. */
  continue(params: { advanceCount?: number; transactions?: T[] }): Promise<void>;
  /** Executes the blocks up to a slot. */
  continueTo(params: { slot: bigint }): Promise<void>;
  /** Returns the outcomes of injected transactions. */
  transactionOutcomes(transactions: readonly T[]): Promise<readonly InjectedOutcome[]>;
}

/** An injected transaction. `outcome` is absent if the session does not report it. */
export interface InjectedOutcome {
  readonly signature: string;
  readonly outcome?: { readonly err: unknown };
}

/** Options of `runWithChanges`. */
export interface ChangedRunOptions {
  /** The first slot of the session. */
  startSlot: bigint;
  /** The last slot of the session, inclusive. Transactions for later slots are refused. @default not checked */
  endSlot?: bigint | undefined;
  /** Number of blocks between two stops. @default all remaining blocks */
  step?: bigint | number | undefined;
  /** Ends the run with a `cancelled` error. The session stays open. @default none */
  signal?: AbortSignal | undefined;
  /**
   * Keeps the session on the server until your loop has handled `completed`. It is the same option as `keepUntilHandled` of
   * `run()`.
   *
   * @default false
   */
  keepUntilHandled?: boolean;
  /** Called for each slot with injected transactions, after they have been executed or refused. @default none */
  handleInjected?: ((slot: bigint, transactions: readonly InjectedOutcome[]) => void) | undefined;
}

/** Whether the changes contain programs or account states. */
export function hasStates({ programs = {}, accounts = {} }: StateChanges): boolean {
  return Object.keys(programs).length + Object.keys(accounts).length > 0;
}

/**
 * Sets the changed programs and account states with calls to the session's RPC. Call it after the first `readyForContinue`. Until
 * then, the service refuses changes.
 *
 * @throws SimulatorError any error of `programOverride` and `modifyAccounts`
 * @example
 * for await (const event of session) {
 *   if (event.type === "readyForContinue") break;
 * }
 * await applyStates(session, { programs: { [program]: elf } });
 */
export async function applyStates(session: ModifiableSession, changes: StateChanges): Promise<void> {
  checkChanges(changes);
  const { programs = {}, accounts = {} } = changes;
  const needed = ["modifyAccounts", ...(Object.keys(programs).length > 0 ? ["programOverride"] : [])];
  requireMethods(session, "session", needed, A_SESSION);
  const states: Record<string, AccountData> = { ...accounts };
  for (const [program, elf] of Object.entries(programs)) Object.assign(states, await session.programOverride(program, elf));
  await session.modifyAccounts(states);
}

/**
 * Runs a session with changes until its end, and yields its events. The transactions for a slot are sent when the previous slot
 * has been executed.
 *
 * @throws SimulatorError `invalidParams` for a slot outside the range of the session; any error of the session
 * @example
 * for await (const event of runWithChanges(session, { accounts: { [address]: state } }, { startSlot })) {
 *   if (event.type === "transaction") console.log(event.transaction.slot);
 * }
 */
export async function* runWithChanges<E extends { readonly type: string }, T>(
  session: ChangeableSession<E, T>,
  changes: RunChanges<T>,
  options: ChangedRunOptions,
): AsyncGenerator<E, void, undefined> {
  requireMethods(session, "session", ["run", "nextEvent"], A_SESSION);
  checkChanges(changes);
  requireOptions(options, KNOWN_OPTIONS);
  const { step, signal, keepUntilHandled, handleInjected } = options;
  const startSlot = toU64(options.startSlot, "startSlot");
  const endSlot = options.endSlot === undefined ? undefined : toU64(options.endSlot, "endSlot");
  const injections = toInjections(changes.transactions ?? [], startSlot, endSlot);
  let isDue = hasStates(changes);
  const applyOnce = async ({ type }: E): Promise<void> => {
    if (!isDue || type !== "readyForContinue") return;
    isDue = false;
    await applyStates(session, changes);
  };
  if (injections.length > 0) {
    const injecting = new InjectingRun(session, injections, startSlot, handleInjected);
    while (!injecting.isDone) {
      const event = await session.nextEvent(signal && { signal });
      await applyOnce(event);
      await injecting.report(event);
      yield event;
      if (event.type === "completed") return;
      await injecting.handle(event);
    }
  }
  const run = session.run({
    ...(step !== undefined && { step }),
    ...(signal && { signal }),
    ...(keepUntilHandled !== undefined && { keepUntilHandled }),
  });
  for await (const event of run) {
    // When the loop asks for the next event, `run` sends the continue request. The changes must be applied before that.
    await applyOnce(event);
    yield event;
  }
}

const A_SESSION = "a session, for example from client.startSession()";
const KNOWN_OPTIONS = ["startSlot", "endSlot", "step", "signal", "keepUntilHandled", "handleInjected"];

/** @throws SimulatorError `invalidParams` */
function checkChanges(changes: Partial<RunChanges<unknown>>): void {
  requireObject(changes, "changes", "an object with programs, accounts or transactions");
  const { programs, accounts, transactions } = changes;
  if (programs !== undefined) requireObject(programs, "programs", "an object that maps addresses to ELF files");
  if (accounts !== undefined) requireObject(accounts, "accounts", "an object that maps addresses to account states");
  if (transactions !== undefined) requireList(transactions, "transactions", "a list of { slot, transactions }");
}

interface SlotTransactions<T> {
  readonly slot: bigint;
  readonly transactions: T[];
}

function toInjections<T>(
  injections: readonly Injection<T>[],
  startSlot: bigint,
  endSlot: bigint | undefined,
): SlotTransactions<T>[] {
  const bySlot = new Map<bigint, T[]>();
  for (const [index, injection] of injections.entries()) {
    requireObject(injection, `transactions.${index}`, "an object { slot, transactions }");
    requireList(injection.transactions, `transactions.${index}.transactions`, "a list of transactions");
    const slot = toU64(injection.slot, `transactions.${index}.slot`);
    if (slot < startSlot) {
      throw invalidParams(`transactions.${index}.slot`, `${slot} is before the first slot ${startSlot}`);
    }
    if (endSlot !== undefined && slot > endSlot) {
      throw invalidParams(`transactions.${index}.slot`, `${slot} is after the last slot ${endSlot}`);
    }
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), ...injection.transactions]);
  }
  return [...bySlot].map(([slot, transactions]) => ({ slot, transactions })).sort((x, y) => (x.slot < y.slot ? -1 : 1));
}

/** Sends the `continue` and `continueTo` requests that inject transactions. */
class InjectingRun<T> {
  readonly #session: ChangeableSession<unknown, T>;
  readonly #left: SlotTransactions<T>[];
  /** The last executed slot. */
  #at: bigint;
  #request: (() => Promise<void>) | undefined;
  /** The most recently injected transactions. `undefined` after their outcomes have been reported. */
  #injected: SlotTransactions<T> | undefined;
  readonly #handleInjected: ChangedRunOptions["handleInjected"];
  /** Whether all transactions have been injected and executed. If so, the session waits for the next continue request. */
  isDone = false;

  constructor(
    session: ChangeableSession<unknown, T>,
    injections: SlotTransactions<T>[],
    startSlot: bigint,
    handleInjected: ChangedRunOptions["handleInjected"],
  ) {
    this.#handleInjected = handleInjected;
    this.#session = session;
    this.#left = injections;
    this.#at = startSlot - 1n;
  }

  /** Reports the outcomes of injected transactions at the next stop: `readyForContinue`, `paused` or `completed`. */
  async report({ type }: { readonly type: string }): Promise<void> {
    if (type !== "readyForContinue" && type !== "paused" && type !== "completed") return;
    const injected = this.#injected;
    this.#injected = undefined;
    if (injected === undefined || this.#handleInjected === undefined) return;
    this.#handleInjected(injected.slot, await this.#session.transactionOutcomes(injected.transactions));
  }

  async handle(event: { readonly type: string }): Promise<void> {
    if (event.type === "slot") this.#at = (event as unknown as { slot: bigint }).slot;
    if (event.type === "readyForContinue" || event.type === "paused") {
      if (this.#left.length === 0) this.isDone = true;
      else await this.#send(this.#next());
      return;
    }
    const isUncertain = event.type === "continuity" && (event as unknown as { kind: string }).kind === "continueUncertain";
    // If `isUncertain`, the request may not have reached the server, so it is sent again. The server ignores duplicate
    // transactions.
    if (isUncertain && this.#request !== undefined) await this.#send(this.#request);
  }

  #next(): () => Promise<void> {
    const session = this.#session;
    const [{ slot, transactions }] = this.#left as [SlotTransactions<T>];
    if (this.#at + 1n < slot) {
      // Sets `#at` here, because no `slot` event arrives if `slot - 1n` has no block.
      this.#at = slot - 1n;
      return () => session.continueTo({ slot: slot - 1n });
    }
    this.#injected = this.#left.shift();
    return () => session.continue({ advanceCount: 1, transactions });
  }

  async #send(request: () => Promise<void>): Promise<void> {
    this.#request = request;
    try {
      await request();
    } catch (error) {
      // `controlClosed` is ignored: the session has ended, and its events report the end.
      if (!(error instanceof SimulatorError && error.code === "controlClosed")) throw error;
    }
  }
}
