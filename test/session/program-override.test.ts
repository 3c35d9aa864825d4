import { describe, expect, test } from "vitest";
import { decodeBase58 } from "../../src/codec/base58.js";
import { decodeBase64 } from "../../src/codec/base64.js";
import { toWireChanges } from "../../src/session/continues/continue-params.js";
import { programOverride } from "../../src/session/program-override.js";
import { thrownBy } from "../protocol/thrown.js";
import { ACCOUNT, PROGRAM } from "./session-rig.js";

const elf = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 2, 3);
const LOADER = "BPFLoaderUpgradeab1e11111111111111111111111";

function read(override: ReturnType<typeof programOverride>) {
  const account = override[ACCOUNT]!;
  return { ...account, bytes: decodeBase64(account.data.data) };
}

describe("programOverride", () => {
  test("programOverride returns a ProgramData account with the slot before startSlot, no authority, and the ELF file from byte 45 on", () => {
    const { bytes, owner, executable, space } = read(
      programOverride({ programDataAddress: ACCOUNT, elf, startSlot: 300_000_000n }),
    );
    const header = new DataView(bytes.buffer, bytes.byteOffset);
    expect(header.getUint32(0, true)).toBe(3);
    expect(header.getBigUint64(4, true)).toBe(299_999_999n);
    expect([...bytes.subarray(12, 45)]).toEqual(Array.from({ length: 33 }, () => 0));
    expect([...bytes.subarray(45)]).toEqual([...elf]);
    expect({ owner, executable, space }).toEqual({ owner: LOADER, executable: false, space: 52n });
  });

  test("with an authority, programOverride writes the byte 1 and the 32 bytes of the authority before the ELF file", () => {
    const { bytes } = read(programOverride({ programDataAddress: ACCOUNT, elf, startSlot: 5, authority: PROGRAM }));
    expect(bytes[12]).toBe(1);
    expect([...bytes.subarray(13, 45)]).toEqual([...decodeBase58(PROGRAM)!]);
    expect([...bytes.subarray(45)]).toEqual([...elf]);
  });

  test("programOverride makes the account rent-exempt by default", () => {
    // Solana's rent-exempt balance for 52 bytes: (128 + 52) * 3,480 * 2 lamports.
    expect(read(programOverride({ programDataAddress: ACCOUNT, elf, startSlot: 5 })).lamports).toBe(1_252_800n);
    expect(read(programOverride({ programDataAddress: ACCOUNT, elf, startSlot: 5, lamports: 7n })).lamports).toBe(7n);
  });

  test("programOverride deploys the program one slot before the session starts, or in slot 0 if the session starts in slot 0", () => {
    const slotOf = (startSlot: bigint | number) => {
      const { bytes } = read(programOverride({ programDataAddress: ACCOUNT, elf, startSlot }));
      return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(4, true);
    };
    expect([0, 1, 18_446_744_073_709_551_615n].map(slotOf)).toEqual([0n, 0n, 18_446_744_073_709_551_614n]);
  });

  test("programOverride returns a state that a continue request accepts", () => {
    const modifyAccountStates = programOverride({ programDataAddress: ACCOUNT, elf, startSlot: 5 });
    expect(toWireChanges({ modifyAccountStates })).toMatchObject({ modifyAccountStates });
  });

  test.each([
    ["programDataAddress", { programDataAddress: "x" }],
    ["startSlot", { startSlot: -1 }],
    ["authority", { authority: "invalid" }],
  ])("programOverride refuses an invalid %s", (field, change) => {
    expect(thrownBy(() => programOverride({ programDataAddress: ACCOUNT, elf, startSlot: 5, ...change }))).toMatchObject({
      code: "invalidParams",
      field,
    });
  });
});
