import { reasonOf } from "../../wire/backtest-failure.js";
import type { AccountState } from "../engine.js";
import { addressBytes, addressText } from "./address-text.js";
import type { NativeAccount, NativeFailure, NativeMeta, NativeModule, NativeVm } from "./native-litesvm.js";
import { BPF_LOADER, isProgramData, programDataAddress, SYSTEM_PROGRAM, UPGRADEABLE_LOADER } from "./programs.js";
import { suppliedAccounts } from "./supplied-accounts.js";
import { stateProblem } from "./vm-account-limits.js";

/** The result of a transaction in the VM. */
export interface VmOutcome {
  /** The error that litesvm returned. `undefined` if the transaction succeeded. */
  err: unknown;
  meta: NativeMeta;
}

/**
 * A Solana VM and its accounts. Caches the state of every account that was read. As long as an account does not change, its state
 * is the same object.
 */
export class Vm {
  readonly #native: NativeVm;
  readonly #module: NativeModule;
  readonly #known = new Map<string, AccountState | undefined>();
  /** The states of the changed accounts before their first change. Defined only while changes may have to be rolled back. */
  #undo: Map<string, AccountState | undefined> | undefined;
  #verifiesSignatures = true;
  /** Addresses of VM accounts that were replaced by accounts of the ledger. */
  readonly #replaced = new Set<string>();

  constructor(module: NativeModule) {
    this.#module = module;
    this.#native = module.createVm();
    this.#native.setSigverify(true);
    // Turns off two checks of the VM: blockhashes and duplicate transactions. The session does both checks.
    this.#native.setBlockhashCheck(false);
    this.#native.setTransactionHistory(0n);
    this.#native.withNativeMints();
    // Deletes the airdrop wallet, because each VM gives this wallet a different address.
    for (const { address } of this.#native.getProgramAccounts(addressBytes(SYSTEM_PROGRAM))) {
      this.#set(addressText(address), undefined);
    }
  }

  /** Returns the current state of an account. */
  account(address: string): AccountState | undefined {
    const known = this.#known.get(address);
    if (known !== undefined || this.#known.has(address)) return known;
    const state = this.#read(address);
    this.#known.set(address, state);
    return state;
  }

  /** Whether the account comes from the VM and not from the ledger: a sysvar, a program or a native mint. */
  readonly isSupplied = (address: string): boolean =>
    !this.#replaced.has(address) && suppliedAccounts(this.#module).accounts.has(address);

  /** Whether the account is a program with code that comes from the VM and not from the ledger. */
  readonly isBundled = (program: string): boolean =>
    !this.#replaced.has(program) && suppliedAccounts(this.#module).programs.has(program);

  /** Reads an account again, because it may have changed. Returns the same object if it has not changed. */
  refreshed(address: string): AccountState | undefined {
    const before = this.account(address);
    const state = this.#read(address);
    if (isSame(before, state)) return before;
    this.#changed(address, before, state);
    return state;
  }

  /** Returns all accounts of a program, in the order of their addresses. */
  programAccounts(program: string): Map<string, AccountState> {
    const addresses = this.#native.getProgramAccounts(addressBytes(program)).map(({ address }) => addressText(address));
    return new Map(addresses.sort().map((address) => [address, this.account(address) as AccountState]));
  }

  /**
   * Sets the state of an account, or deletes it if the state is `undefined`. If the account contains the code of a program, the
   * program is loaded again.
   *
   * @throws Error if the VM refuses the state, for example an invalid program or sysvar; in that case, no account is changed
   */
  put(address: string, state: AccountState | undefined): void {
    const before = this.account(address);
    this.#set(address, state);
    if (isProgramData(state) || isProgramData(before)) {
      try {
        this.#reloadProgramOf(address);
      } catch (error) {
        this.#set(address, before);
        throw error;
      }
    }
    this.#changed(address, before, state);
  }

  /**
   * Loads accounts into a new VM. Returns the addresses of the accounts that the VM refuses, with the reasons. The VM does not
   * have these accounts.
   */
  load(accounts: Iterable<readonly [string, AccountState]>): Map<string, string> {
    const refused = new Map<string, string>();
    const programs: (readonly [string, AccountState])[] = [];
    const put = (address: string, state: AccountState): void => {
      const problem = stateProblem(state);
      if (problem !== undefined) {
        refused.set(address, problem);
        return;
      }
      try {
        this.#set(address, state);
        this.#known.set(address, state);
        if (suppliedAccounts(this.#module).accounts.has(address)) this.#replaced.add(address);
      } catch (error) {
        refused.set(address, reasonOf(error));
      }
    };
    for (const entry of accounts) {
      // Sets programs after all other accounts. When a program is set, the VM immediately loads its code from another account.
      if (entry[1].executable) programs.push(entry);
      else put(...entry);
    }
    for (const [address, state] of programs) {
      const code = programDataAddress(state);
      if (code !== undefined && this.account(addressText(code)) === undefined) {
        refused.set(address, `the account with its code, ${addressText(code)}, is missing`);
      } else {
        put(address, state);
      }
    }
    return refused;
  }

  /** Runs a parsed transaction. Call `refreshed` afterwards for the new states of its accounts. */
  send(transaction: Uint8Array, verifySignatures: boolean): VmOutcome {
    if (verifySignatures !== this.#verifiesSignatures) {
      this.#native.setSigverify(verifySignatures);
      this.#verifiesSignatures = verifySignatures;
    }
    const result = this.#native.sendVersionedTransaction(transaction);
    return isFailure(result) ? { err: result.err(), meta: result.meta() } : { err: undefined, meta: result };
  }

  /** Runs a callback and rolls back its account changes. */
  tentatively<T>(run: () => T): T {
    const undo = new Map<string, AccountState | undefined>();
    this.#undo = undo;
    try {
      return run();
    } finally {
      this.#undo = undefined;
      this.#restoreAll(undo);
    }
  }

  /** Runs a callback, and rolls back its account changes if it throws. */
  atomically(run: () => void): void {
    const undo = new Map<string, AccountState | undefined>();
    this.#undo = undo;
    try {
      run();
    } catch (error) {
      this.#restoreAll(undo);
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  /** Restores programs after all other accounts. The VM loads the code of a program from its ProgramData account. */
  #restoreAll(undo: ReadonlyMap<string, AccountState | undefined>): void {
    for (const [address, state] of undo) if (!state?.executable) this.#restore(address, state);
    for (const [address, state] of undo) if (state?.executable) this.#restore(address, state);
  }

  #restore(address: string, state: AccountState | undefined): void {
    // A program without a saved state did not exist before. The VM cannot delete the program, so `HUSK` replaces the program.
    const isNewProgram = state === undefined && this.account(address)?.executable;
    this.#set(address, isNewProgram ? HUSK : state);
    const wasProgramData = isProgramData(this.#known.get(address));
    this.#known.set(address, state);
    if (isProgramData(state) || wasProgramData) this.#reloadProgramOf(address);
  }

  #changed(address: string, before: AccountState | undefined, state: AccountState | undefined): void {
    if (this.#undo !== undefined && !this.#undo.has(address)) this.#undo.set(address, before);
    this.#known.set(address, state);
  }

  #read(address: string): AccountState | undefined {
    const account = this.#native.getAccount(addressBytes(address));
    return account === null ? undefined : stateOf(account);
  }

  /** Sets or deletes an account in the native VM. @throws Error if the VM refuses the state */
  #set(address: string, state: AccountState | undefined): void {
    const { lamports, data, owner, executable } = state ?? NOTHING;
    const account = this.#module.createAccount(lamports, data, addressBytes(owner), executable);
    this.#native.setAccount(addressBytes(address), account);
  }

  /** Makes the VM reload the code of a program, by writing the program account again without a change. */
  #reloadProgramOf(codeAddress: string): void {
    const code = addressBytes(codeAddress);
    for (const found of this.#native.getProgramAccounts(addressBytes(UPGRADEABLE_LOADER))) {
      const state = stateOf(found.account());
      const dataAddress = programDataAddress(state);
      if (dataAddress !== undefined && Buffer.compare(dataAddress, code) === 0) this.#set(addressText(found.address), state);
    }
  }
}

/** An account with 0 lamports does not exist, so this state deletes an account. */
const NOTHING: AccountState = { lamports: 0n, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array(0) };
/**
 * Replaces a program that a rollback must remove, because the VM cannot delete programs. No transaction can change this account.
 */
const HUSK: AccountState = { ...NOTHING, lamports: 1n, owner: BPF_LOADER };

function stateOf(account: NativeAccount): AccountState {
  return {
    lamports: account.lamports(),
    owner: addressText(account.owner()),
    executable: account.executable(),
    data: account.data(),
  };
}

function isSame(a: AccountState | undefined, b: AccountState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.lamports === b.lamports &&
    a.owner === b.owner &&
    a.executable === b.executable &&
    (a.data === b.data || Buffer.compare(a.data, b.data) === 0)
  );
}

function isFailure(result: NativeMeta | NativeFailure): result is NativeFailure {
  return typeof (result as Partial<NativeFailure>).err === "function";
}
