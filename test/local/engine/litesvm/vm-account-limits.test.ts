import { expect, test } from "vitest";
import { addressText } from "../../../../src/local/engine/litesvm/address-text.js";
import {
  BPF_LOADER,
  CLOCK_SYSVAR,
  COMPUTE_BUDGET_PROGRAM,
  EPOCH_SCHEDULE_SYSVAR,
  MEMO_PROGRAM,
  NATIVE_LOADER,
  programDataAddress,
  RENT_SYSVAR,
  SYSTEM_PROGRAM,
  SYSVAR_OWNER,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  UPGRADEABLE_LOADER,
} from "../../../../src/local/engine/litesvm/programs.js";
import type { AccountData } from "../../../../src/protocol/shapes.js";
import { ledgerOf, openSession } from "./litesvm-rig.js";
import { accountData, applyRandomOverrides, ED25519, LOADER_V4, refusal, stranger } from "./random-overrides.js";

test("the engine refuses every override that would abort the VM, and the error contains the reason", async () => {
  const session = await openSession(ledgerOf());
  const executable = { executable: true };
  const large = new Uint8Array(10 * 1024 * 1024 + 1);
  const cases: [string, AccountData, string][] = [
    [SYSTEM_PROGRAM, accountData(LOADER_V4, new Uint8Array(219), executable), "built into the VM"],
    [SYSTEM_PROGRAM, accountData(SYSTEM_PROGRAM, new Uint8Array(), executable), "built into the VM"],
    [COMPUTE_BUDGET_PROGRAM, accountData(TOKEN_PROGRAM, Uint8Array.of(1)), "built into the VM"],
    [UPGRADEABLE_LOADER, accountData(NATIVE_LOADER, new Uint8Array(), { lamports: 0n }), "built into the VM"],
    [LOADER_V4, accountData(SYSTEM_PROGRAM, new Uint8Array()), "built into the VM"],
    [NATIVE_LOADER, accountData(SYSTEM_PROGRAM, new Uint8Array()), "built into the VM"],
    [ED25519, accountData(NATIVE_LOADER, new Uint8Array(), executable), "built into the VM"],
    [RENT_SYSVAR, accountData(SYSVAR_OWNER, new Uint8Array(17)), "sysvar cannot be changed"],
    [EPOCH_SCHEDULE_SYSVAR, accountData(SYSVAR_OWNER, new Uint8Array(33)), "sysvar cannot be changed"],
    [CLOCK_SYSVAR, accountData(SYSVAR_OWNER, new Uint8Array(40), { lamports: 0n }), "cannot be deleted"],
    [CLOCK_SYSVAR, accountData(SYSTEM_PROGRAM, new Uint8Array(40)), "must be owned by Sysvar1111"],
    [CLOCK_SYSVAR, accountData(SYSVAR_OWNER, new Uint8Array(41)), "must have 40 bytes, not 41"],
    [CLOCK_SYSVAR, accountData(SYSVAR_OWNER, new Uint8Array(40), executable), "cannot be executable"],
    [stranger, accountData(SYSTEM_PROGRAM, large), "at most 10485760 bytes"],
    [stranger, accountData(NATIVE_LOADER, new Uint8Array(), executable), "only programs that are built into the VM"],
    [stranger, accountData(SYSVAR_OWNER, new Uint8Array()), "only sysvars"],
    [stranger, accountData(LOADER_V4, new Uint8Array(500), executable), "must be owned by a loader"],
    [stranger, accountData(SYSTEM_PROGRAM, new Uint8Array(), executable), "must be owned by a loader"],
    [MEMO_PROGRAM, accountData(BPF_LOADER, new Uint8Array(), { lamports: 0n }), "cannot be deleted"],
    [MEMO_PROGRAM, accountData(SYSTEM_PROGRAM, new Uint8Array()), "without code"],
    [MEMO_PROGRAM, accountData(BPF_LOADER, new Uint8Array(100), executable), "invalid account data"],
  ];
  for (const [address, state, why] of cases) expect(await refusal(session, address, state)).toContain(why);
  const tokenCode = addressText(programDataAddress(session.account(TOKEN_2022_PROGRAM)!)!);
  const before = session.account(tokenCode);
  expect(await refusal(session, tokenCode, accountData(SYSTEM_PROGRAM, new Uint8Array(10)))).toContain("invalid account data");
  expect(session.account(tokenCode)).toEqual(before);
});

test("the engine accepts every account state that is possible on a validator", async () => {
  const session = await openSession(ledgerOf());
  const clock = session.account(CLOCK_SYSVAR)!.data.slice();
  const cases: [string, AccountData][] = [
    [CLOCK_SYSVAR, accountData(SYSVAR_OWNER, clock, { lamports: 1n })],
    [stranger, accountData(SYSTEM_PROGRAM, new Uint8Array(), { lamports: 2n ** 64n - 1n })],
    [stranger, accountData(LOADER_V4, new Uint8Array(10 * 1024 * 1024))],
    [stranger, accountData(BPF_LOADER, session.account(MEMO_PROGRAM)!.data, { executable: true })],
    [MEMO_PROGRAM, accountData(BPF_LOADER, session.account(MEMO_PROGRAM)!.data, { executable: true, lamports: 5n })],
  ];
  for (const [address, state] of cases) expect(await refusal(session, address, state)).toBeUndefined();
});

test("the engine restores all overridden accounts of a program after a simulation", async () => {
  const session = await openSession(ledgerOf());
  const program = session.account(TOKEN_2022_PROGRAM)!;
  const codeAddress = addressText(programDataAddress(program)!);
  const code = session.account(codeAddress)!;
  const overrides = {
    [codeAddress]: accountData(UPGRADEABLE_LOADER, code.data, { lamports: 3n }),
    [TOKEN_2022_PROGRAM]: accountData(UPGRADEABLE_LOADER, program.data, { executable: true, lamports: 3n }),
    [stranger]: accountData(BPF_LOADER, session.account(MEMO_PROGRAM)!.data, { executable: true }),
  };
  session.simulate([], { accountOverrides: overrides });
  expect(session.account(codeAddress)).toEqual(code);
  expect(session.account(TOKEN_2022_PROGRAM)).toEqual(program);
  expect(session.account(stranger)).toBeUndefined();
});

test("100 random account overrides do not abort the VM", async () => {
  expect(await applyRandomOverrides(100, "a few overrides", openSession)).toBeGreaterThan(5);
});
