import type { Address, Instruction } from "../../wire/build-transaction.js";
import type { AccountState } from "../engine.js";
import { accountAt, type Call, InstructionFailure, type Program, u64At, withLamports } from "./call.js";
import { SYSTEM_PROGRAM, VAULT_PROGRAM } from "./synthetic-addresses.js";
import { createAccountData, systemTransferData } from "./system-program.js";

const DEPOSIT = 0;
const WITHDRAW = 1;
const TOGGLE_POSITION = 2;

/** The size of a vault's data, in bytes. The data consists of two u64: the number of uses, and the slot of the last use. */
export const VAULT_BYTES = 16;
const POSITION_BYTES = 48;
const POSITION_LAMPORTS = 1_224_960n;
const NOT_A_VAULT = { Custom: 6000 };
const VAULT_SHORT = { Custom: 6001 };

/**
 * A program with vaults and positions. Wallets deposit lamports to a vault, and withdraw lamports from it. Wallets open and close
 * positions.
 */
export const vaultProgram: Program = {
  units: 3_200,
  run(call) {
    const wallet = accountAt(call, 0);
    const account = accountAt(call, 1);
    call.needSigner(wallet);
    switch (call.data[0]) {
      case DEPOSIT: {
        call.log("Instruction: Deposit");
        checkVault(call, account);
        call.invoke(SYSTEM_PROGRAM.text, [wallet, account], systemTransferData(u64At(call.data, 1)));
        call.put(account, used(checkVault(call, account), call.slot));
        return;
      }
      case WITHDRAW: {
        call.log("Instruction: Withdraw");
        const vault = checkVault(call, account);
        const amount = u64At(call.data, 1);
        if (vault.lamports <= amount) throw new InstructionFailure(VAULT_SHORT, "Error: the vault has insufficient lamports");
        call.put(account, used(withLamports(vault, vault.lamports - amount), call.slot));
        pay(call, wallet, amount);
        return;
      }
      case TOGGLE_POSITION: {
        const position = call.account(account);
        if (position === undefined) open(call, wallet, account);
        else close(call, wallet, account, position);
        return;
      }
      default:
        throw new InstructionFailure("InvalidInstructionData");
    }
  },
};

function open(call: Call, wallet: string, address: string): void {
  call.log("Instruction: OpenPosition");
  const data = createAccountData(POSITION_LAMPORTS, POSITION_BYTES, VAULT_PROGRAM.bytes);
  call.invoke(SYSTEM_PROGRAM.text, [wallet, address], data, [address]);
  const made = call.account(address) as AccountState;
  const written = made.data.slice();
  new DataView(written.buffer).setBigUint64(0, call.slot, true);
  call.put(address, { ...made, data: written });
}

function close(call: Call, wallet: string, address: string, position: AccountState): void {
  call.log("Instruction: ClosePosition");
  if (position.owner !== VAULT_PROGRAM.text) throw new InstructionFailure("IllegalOwner");
  call.put(address, withLamports(position, 0n));
  pay(call, wallet, position.lamports);
}

function checkVault(call: Call, address: string): AccountState {
  const vault = call.account(address);
  if (vault?.owner !== VAULT_PROGRAM.text || vault.data.length !== VAULT_BYTES) {
    throw new InstructionFailure(NOT_A_VAULT, "Error: not a vault");
  }
  return vault;
}

function used(vault: AccountState, slot: bigint): AccountState {
  const data = vault.data.slice();
  const view = new DataView(data.buffer);
  view.setBigUint64(0, view.getBigUint64(0, true) + 1n, true);
  view.setBigUint64(8, slot, true);
  return { ...vault, data };
}

function pay(call: Call, wallet: string, lamports: bigint): void {
  const state = call.account(wallet);
  if (state === undefined) throw new InstructionFailure("InvalidAccountData");
  call.put(wallet, withLamports(state, state.lamports + lamports));
}

function instruction(tag: number, wallet: Address, account: Address, amount?: bigint): Instruction {
  const data = new Uint8Array(amount === undefined ? 1 : 9);
  data[0] = tag;
  if (amount !== undefined) new DataView(data.buffer).setBigUint64(1, amount, true);
  return {
    program: VAULT_PROGRAM,
    accounts: [
      { address: wallet, signer: true, writable: true },
      { address: account, writable: true },
      { address: SYSTEM_PROGRAM },
    ],
    data,
  };
}

export function deposit(wallet: Address, vault: Address, lamports: bigint): Instruction {
  return instruction(DEPOSIT, wallet, vault, lamports);
}

export function withdraw(wallet: Address, vault: Address, lamports: bigint): Instruction {
  return instruction(WITHDRAW, wallet, vault, lamports);
}

/** Opens the position, or closes it if it is open. */
export function togglePosition(wallet: Address, position: Address): Instruction {
  return instruction(TOGGLE_POSITION, wallet, position);
}
