import { PROGRAM_LOADERS } from "../../protocol/program-loaders.js";
import type { AccountState } from "../engine/engine.js";

/** The state of an account that a simulation has deleted. An account without lamports does not exist. */
const DELETED: AccountState = {
  lamports: 0n,
  owner: "11111111111111111111111111111111",
  executable: false,
  data: new Uint8Array(0),
};

/** The account states that the scheduled actions of a session have set. Later simulations and reads use them. */
export class AccountOverrides {
  readonly #states = new Map<string, AccountState>();

  get states(): ReadonlyMap<string, AccountState> {
    return this.#states;
  }

  /** Adds states. `undefined` means that the account was deleted. */
  set(states: ReadonlyMap<string, AccountState | undefined>): void {
    for (const [address, state] of states) this.#states.set(address, state ?? DELETED);
  }
}

/** Returns a message if an account is a program. After an override, the simulator would still execute the program's old code. */
export function findOverrideProblem(overrides: ReadonlyMap<string, AccountState>): string | undefined {
  for (const [address, { executable, owner }] of overrides) {
    if (executable || PROGRAM_LOADERS.has(owner)) return `the program account ${address} cannot be overridden`;
  }
  return undefined;
}
