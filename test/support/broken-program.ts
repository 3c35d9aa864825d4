/** The Token-2022 program. In the local simulator, this program is upgradeable, so a test can replace its code. */
export const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

/** The opcode of `lddw`. To log a text, a program executes `lddw r1, address`, `mov64 r2, length` and `call`. */
const LOAD = 0x18;
const MOVE_TO_R2 = [0xb7, 0x02];
const LOG_BYTES = 24;

/**
 * Returns the code of Token-2022 with one broken instruction. The instruction fails, because it tries to log 2 GiB of memory.
 * All other instructions work.
 *
 * @param rpcEndpoint the RPC endpoint of a session with the engine litesvm
 */
export async function breakInstruction(rpcEndpoint: string, name = "TransferChecked"): Promise<Uint8Array> {
  const elf = (await accountData(rpcEndpoint, addressIn(await accountData(rpcEndpoint, TOKEN_2022)))).subarray(45);
  const text = `Instruction: ${name}`;
  for (let at = 0; at + LOG_BYTES <= elf.length; at += 8) {
    if (elf[at] !== LOAD || elf[at + 16] !== MOVE_TO_R2[0] || elf[at + 17] !== MOVE_TO_R2[1]) continue;
    const [address, length] = [elf.readUInt32LE(at + 4), elf.readUInt32LE(at + 20)];
    if (length !== text.length || elf.toString("latin1", address, address + length) !== text) continue;
    elf.writeInt32LE(0x7fff_ffff, at + 20);
    return elf;
  }
  throw new Error(`Token-2022 does not log "${text}"`);
}

async function accountData(rpcEndpoint: string, address: string): Promise<Buffer> {
  const response = await fetch(rpcEndpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getAccountInfo", params: [address, { encoding: "base64" }] }),
  });
  const { result } = (await response.json()) as { result: { value: { data: [string, string] } } };
  return Buffer.from(result.value.data[0], "base64");
}

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Reads the address of the ProgramData account from a program's account. */
function addressIn(program: Buffer): string {
  let text = "";
  for (let rest = BigInt(`0x${program.subarray(4).toString("hex")}`); rest > 0n; rest /= 58n) {
    text = BASE58[Number(rest % 58n)] + text;
  }
  return text;
}
