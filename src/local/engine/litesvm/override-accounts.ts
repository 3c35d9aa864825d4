import { BacktestFailure, reasonOf } from "../../wire/backtest-failure.js";
import type { AccountState } from "../engine.js";
import { isProgramData } from "./programs.js";
import type { Vm } from "./vm.js";
import { overrideProblem } from "./vm-account-limits.js";

/**
 * Sets account states that a client has given.
 *
 * @throws BacktestFailure `invalidAccountEncoding` for a state that the VM cannot use; earlier states in the map remain set
 */
export function overrideAccounts(vm: Vm, states: ReadonlyMap<string, AccountState>): void {
  for (const [address, given] of states) {
    // A state without lamports deletes the account, because such an account does not exist on Solana.
    const state = given.lamports === 0n ? undefined : given;
    const refused = (error: string) => new BacktestFailure({ invalidAccountEncoding: { address, encoding: "base64", error } });
    const problem = overrideProblem(address, state, vm.account(address));
    if (problem !== undefined) throw refused(problem);
    try {
      vm.put(address, state);
    } catch (error) {
      const reason = reasonOf(error);
      throw refused(isProgramData(state) ? `the VM cannot load this code: ${reason}. The program keeps its old code` : reason);
    }
  }
}
