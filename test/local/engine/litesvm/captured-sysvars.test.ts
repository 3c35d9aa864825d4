import { expect, test } from "vitest";
import type { AccountState } from "../../../../src/local/engine/engine.js";
import { withoutStaleSysvars } from "../../../../src/local/engine/litesvm/captured-sysvars.js";
import {
  CLOCK_SYSVAR,
  LAST_RESTART_SLOT_SYSVAR,
  RENT_SYSVAR,
  SLOT_HASHES_SYSVAR,
  STAKE_HISTORY_SYSVAR,
  SYSTEM_PROGRAM,
  SYSVAR_OWNER,
} from "../../../../src/local/engine/litesvm/programs.js";

function sysvar(data: Uint8Array): AccountState {
  return { lamports: 1_009_200n, owner: SYSVAR_OWNER, executable: false, data };
}

function rent(lamportsPerByteYear: bigint, years: number, burnPercent: number): Uint8Array {
  const data = new Uint8Array(17);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, lamportsPerByteYear, true);
  view.setFloat64(8, years, true);
  view.setUint8(16, burnPercent);
  return data;
}

function history(entries: bigint, bytes: number): Uint8Array {
  const data = new Uint8Array(bytes);
  new DataView(data.buffer).setBigUint64(0, entries, true);
  return data;
}

test.each<[string, string, Uint8Array, boolean]>([
  ["the rent", RENT_SYSVAR, rent(3_480n, 2, 50), true],
  ["a rent of zeros", RENT_SYSVAR, new Uint8Array(17), false],
  ["a rent that is not a number", RENT_SYSVAR, rent(3_480n, Number.NaN, 50), false],
  ["a rent that is too short", RENT_SYSVAR, rent(3_480n, 2, 50).subarray(0, 16), false],
  ["the last restart", LAST_RESTART_SLOT_SYSVAR, new Uint8Array(8), true],
  ["the stake history", STAKE_HISTORY_SYSVAR, history(512n, 16_392), true],
  ["a stake history with a wrong count", STAKE_HISTORY_SYSVAR, history(2n ** 63n, 16_392), false],
  ["the clock", CLOCK_SYSVAR, new Uint8Array(40), false],
  ["the slot hashes", SLOT_HASHES_SYSVAR, new Uint8Array(20_488), false],
  ["an unknown sysvar", "SysvarNew1111111111111111111111111111111111", new Uint8Array(8), false],
])(
  "withoutStaleSysvars keeps a captured sysvar only if its data is valid and does not depend on the slot: %s",
  (_, address, data, isUsed) => {
    expect(withoutStaleSysvars([[address, sysvar(data)]])).toHaveLength(isUsed ? 1 : 0);
  },
);

test("withoutStaleSysvars keeps an account with a sysvar's address if the System Program owns the account", () => {
  const state: AccountState = { lamports: 1n, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array(0) };
  expect(withoutStaleSysvars([[RENT_SYSVAR, state]])).toEqual([[RENT_SYSVAR, state]]);
});
