import { decodeBase58 } from "../codec/base58.js";
import { encodeBase64 } from "../codec/base64.js";
import { toAddress, toU64 } from "../protocol/scalars.js";
import type { AccountData } from "../protocol/shapes.js";
import type { ScheduledAction } from "./scheduled-actions.js";

/**
 * An action that overrides account states from a slot on, for re-quotes and reads by address, until a later override.
 *
 * @example { startSlot, slotCount: 100, reroute: {}, actions: [overrideAt(300_000_010n, { [pool]: account })] }
 */
export function overrideAt(slot: bigint | number, accountOverrides: Record<string, AccountData>): ScheduledAction {
  return { anchor: { at: "beforeSlot", slots: [slot] }, feedsReroute: true, accountOverrides };
}

export interface ProgramOverride {
  /** Where the program's code is: its ProgramData account, not the program's own. */
  programDataAddress: string;
  /** The ELF file that `cargo build-sbf` builds. */
  elf: Uint8Array;
  /** The first slot of the session. The program is deployed one slot earlier, because it cannot run in its deploy slot. */
  startSlot: bigint | number;
  /** The upgrade authority. @default none */
  authority?: string;
  /** @default the rent-exempt balance on mainnet */
  lamports?: bigint;
}

const LOADER = "BPFLoaderUpgradeab1e11111111111111111111111";
/** The header of a ProgramData account is of this size with or without an authority: the loader reads the ELF behind it. */
const HEADER_BYTES = 45;
/** Solana's rent: 3,480 lamports per byte and year, for two years, for the data and 128 bytes of overhead per account. */
const LAMPORTS_PER_BYTE = 3_480n * 2n;
const ACCOUNT_OVERHEAD_BYTES = 128n;

/**
 * Account states that replace an upgradeable program, for `modifyAccountStates` of a continue or for `modifyAccounts`.
 *
 * @throws SimulatorError `invalidParams` for a bad address or slot
 * @example await session.continue({ modifyAccountStates: programOverride({ programDataAddress, elf, startSlot }) });
 */
export function programOverride(override: ProgramOverride): Record<string, AccountData> {
  const { elf, authority } = override;
  const programDataAddress = toAddress(override.programDataAddress, "programDataAddress");
  const startSlot = toU64(override.startSlot, "startSlot");
  const data = new Uint8Array(HEADER_BYTES + elf.length);
  const header = new DataView(data.buffer);
  header.setUint32(0, 3, true);
  header.setBigUint64(4, startSlot === 0n ? 0n : startSlot - 1n, true);
  if (authority !== undefined) {
    data[12] = 1;
    data.set(decodeBase58(toAddress(authority, "authority")) ?? [], 13);
  }
  data.set(elf, HEADER_BYTES);
  const space = BigInt(data.length);
  return {
    [programDataAddress]: {
      data: { data: encodeBase64(data), encoding: "base64" },
      executable: false,
      lamports: override.lamports ?? (space + ACCOUNT_OVERHEAD_BYTES) * LAMPORTS_PER_BYTE,
      owner: LOADER,
      space,
    },
  };
}
