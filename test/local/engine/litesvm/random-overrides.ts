import type { EngineSession } from "../../../../src/local/engine/engine.js";
import { keypairOf } from "../../../../src/local/engine/ledger/keypair.js";
import type { Ledger } from "../../../../src/local/engine/ledger/ledger.js";
import { addressBytes, addressText } from "../../../../src/local/engine/litesvm/address-text.js";
import {
  ASSOCIATED_TOKEN_PROGRAM,
  BPF_LOADER,
  BPF_LOADER_DEPRECATED,
  CLOCK_SYSVAR,
  COMPUTE_BUDGET_PROGRAM,
  EPOCH_SCHEDULE_SYSVAR,
  LOOKUP_TABLE_PROGRAM,
  MEMO_PROGRAM,
  NATIVE_LOADER,
  programDataAddress,
  RECENT_BLOCKHASHES_SYSVAR,
  RENT_SYSVAR,
  SLOT_HASHES_SYSVAR,
  SYSTEM_PROGRAM,
  SYSVAR_OWNER,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  UPGRADEABLE_LOADER,
} from "../../../../src/local/engine/litesvm/programs.js";
import { Prng } from "../../../../src/local/engine/synthetic/prng.js";
import { BacktestFailure } from "../../../../src/local/wire/backtest-failure.js";
import type { Instruction } from "../../../../src/local/wire/build-transaction.js";
import type { AccountData } from "../../../../src/protocol/shapes.js";
import { base64, ledgerOf, signed, walletOf } from "./litesvm-rig.js";

export const LOADER_V4 = "LoaderV411111111111111111111111111111111111";
export const ED25519 = "Ed25519SigVerify111111111111111111111111111";
const VOTE = "Vote111111111111111111111111111111111111111";
export const stranger = keypairOf("stranger").address.text;
const alice = walletOf(0);

export function accountData(owner: string, data: Uint8Array, more: Partial<AccountData> = {}): AccountData {
  const encoded = { data: base64(data), encoding: "base64" } as const;
  return { data: encoded, executable: false, lamports: 1_000_000_000n, owner, space: BigInt(data.length), ...more };
}

/** Returns the reason why an override is refused, or `undefined` if it is applied. */
export async function refusal(session: EngineSession, address: string, state: AccountData): Promise<string | undefined> {
  try {
    await session.applyAccounts({ [address]: state });
    return undefined;
  } catch (error) {
    if (!(error instanceof BacktestFailure)) throw error;
    const { wire } = error;
    return typeof wire === "object" && "invalidAccountEncoding" in wire ? wire.invalidAccountEncoding.error : String(wire);
  }
}

/** After this many overrides, the test opens another session. */
const OVERRIDES_A_SESSION = 50;

/**
 * Applies random overrides. After each override, a transaction uses the changed account.
 *
 * @returns how many overrides were applied
 */
export async function applyRandomOverrides(
  count: number,
  seed: string,
  open: (ledger: Ledger) => Promise<EngineSession>,
): Promise<number> {
  const random = new Prng(seed);
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T;
  const ledger = ledgerOf({ transactionsPerSlot: 2 });
  let session = await open(ledger);
  const elf = (await session.account(MEMO_PROGRAM))!.data;
  const codes: string[] = [];
  for (const program of [TOKEN_PROGRAM, TOKEN_2022_PROGRAM]) {
    codes.push(addressText(programDataAddress((await session.account(program))!)!));
  }
  const builtins = [
    SYSTEM_PROGRAM,
    COMPUTE_BUDGET_PROGRAM,
    UPGRADEABLE_LOADER,
    BPF_LOADER,
    LOADER_V4,
    NATIVE_LOADER,
    ED25519,
    VOTE,
  ];
  const sysvars = [CLOCK_SYSVAR, SLOT_HASHES_SYSVAR, RECENT_BLOCKHASHES_SYSVAR, EPOCH_SCHEDULE_SYSVAR, RENT_SYSVAR, SYSVAR_OWNER];
  const programs = [TOKEN_PROGRAM, TOKEN_2022_PROGRAM, ASSOCIATED_TOKEN_PROGRAM, MEMO_PROGRAM, LOOKUP_TABLE_PROGRAM];
  const others = [stranger, alice.address.text, walletOf(1).address.text, ...codes];
  const loaders = [BPF_LOADER, BPF_LOADER_DEPRECATED, UPGRADEABLE_LOADER, LOADER_V4, NATIVE_LOADER];
  const tagged = (tag: number, length: number): Uint8Array => {
    const data = random.bytes(length);
    data.set([tag, 0, 0, 0]);
    return data;
  };
  const pointer = (code: string): Uint8Array => {
    const data = tagged(2, 36);
    data.set(addressBytes(code), 4);
    return data;
  };
  const damaged = (): Uint8Array => {
    const data = elf.slice();
    for (let i = 0; i < 10; i++) data[random.below(data.length)] = random.below(256);
    return data;
  };
  const datas: (() => Uint8Array)[] = [
    () => new Uint8Array(),
    () => random.bytes(random.below(600)),
    () => random.bytes(pick([8, 17, 33, 40, 80, 82, 165, 512])),
    () => new Uint8Array(pick([40, 8, 10 * 1024 * 1024, 10 * 1024 * 1024 + 1])),
    () => elf,
    damaged,
    () => pointer(pick([...codes, stranger])),
    () => tagged(pick([0, 1, 2, 3]), 45 + random.below(200)),
    () => Uint8Array.from([...tagged(3, 45), ...pick([elf, damaged()])]),
  ];
  let applied = 0;
  for (let index = 0; index < count; index++) {
    if (index % OVERRIDES_A_SESSION === 0) {
      await session.close?.();
      session = await open(ledger);
    }
    const address = pick([pick(builtins), pick(sysvars), pick(programs), pick(programs), pick(others), pick(others)]);
    const owner = pick([pick(loaders), pick(loaders), pick(builtins), SYSVAR_OWNER, TOKEN_PROGRAM, SYSTEM_PROGRAM]);
    const lamports = pick([0n, 1n, 1_000_000_000n, 2n ** 64n - 1n]);
    const data = sysvars.includes(address) ? random.bytes(pick([8, 40])) : pick(datas)();
    const executable = random.below(2) === 0;
    if ((await refusal(session, address, accountData(owner, data, { executable, lamports }))) === undefined) applied++;
    const named = { text: address, bytes: addressBytes(address) };
    const instructions: Instruction[] = [
      {
        program: named,
        accounts: [{ address: alice.address, signer: true, writable: true }],
        data: random.bytes(random.below(20)),
      },
      {
        program: { text: UPGRADEABLE_LOADER, bytes: addressBytes(UPGRADEABLE_LOADER) },
        accounts: [{ address: named, writable: true }],
        data: tagged(random.below(10), 4 + random.below(40)),
      },
    ];
    // If `address` is Alice, leaves out the first instruction, the call of `address`: a fee payer cannot be a program.
    const chosen = address === alice.address.text ? instructions.slice(1) : [pick(instructions), pick(instructions)];
    const wire = signed([alice], chosen, (await session.latestBlockhash!()).blockhash);
    await session.simulate!([base64(wire)], { accountOverrides: {} });
    await (await session.prepare([base64(wire)])).execute();
  }
  return applied;
}
