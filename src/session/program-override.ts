import { decodeBase58 } from "../codec/base58.js";
import { encodeBase64 } from "../codec/base64.js";
import { toAddress, toU64 } from "../protocol/scalars.js";
import type { AccountData } from "../protocol/shapes.js";
import type { ScheduledAction } from "./pack-actions.js";

/**
 * Returns an action that overrides account states from a slot on. Account reads by address return the new states, and `reroute`
 * uses them. A later action can override the same accounts.
 *
 * @example { startSlot, slotCount: 100, reroute: {}, actions: [overrideAt(300_000_010n, { [pool]: account })] }
 */
export function overrideAt(slot: bigint | number, accountOverrides: Record<string, AccountData>): ScheduledAction {
  return { anchor: { at: "beforeSlot", slots: [slot] }, feedsReroute: true, accountOverrides };
}

/** The parameters of `programOverride`. */
export interface ProgramOverride {
  /** The address of the ProgramData account, which contains the program's code. It is not the address of the program itself. */
  programDataAddress: string;
  /** The ELF file that `cargo build-sbf` builds. */
  elf: Uint8Array;
  /**
   * The first slot of the session. The slot before `startSlot` becomes the deploy slot of the program, because a program cannot run
   * in its deploy slot.
   */
  startSlot: bigint | number;
  /** The upgrade authority. @default none */
  authority?: string;
  /** The balance of the ProgramData account, in lamports. @default the rent-exempt balance on mainnet */
  lamports?: bigint;
}

export const UPGRADEABLE_LOADER = "BPFLoaderUpgradeab1e11111111111111111111111";
/** The size of a ProgramData account's header, in bytes. The size is the same with and without an upgrade authority. */
const HEADER_BYTES = 45;
/**
 * Solana's rent exemption: 3,480 lamports per byte and year, for two years. The bytes of an account are
 * its data and an overhead of 128 bytes.
 */
const LAMPORTS_PER_BYTE = 3_480n * 2n;
const ACCOUNT_OVERHEAD_BYTES = 128n;

/**
 * Returns account states that replace an upgradeable program, for `modifyAccountStates` in a continue request, or for
 * `modifyAccounts`.
 *
 * @throws SimulatorError `invalidParams` for an invalid address or slot
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
      owner: UPGRADEABLE_LOADER,
      space,
    },
  };
}
