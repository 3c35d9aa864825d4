import { encodeBase58 } from "../codec/base58.js";
import { decodeBase64 } from "../codec/base64.js";
import { parseJson, stringifyJson } from "../codec/json.js";
import { members } from "../protocol/message.js";
import { readU64, toAddress } from "../protocol/scalars.js";
import type { AccountData } from "../protocol/shapes.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { Platform } from "../transport/platform.js";
import { programOverride } from "./overrides.js";

/** An upgradeable program's account: a u32 of 2, then the address of its ProgramData account. */
const PROGRAM_DATA_ADDRESS_AT = 4;
const ADDRESS_BYTES = 32;

/**
 * Calls a method of a session's JSON-RPC. Integers that a double can't hold come as `bigint`.
 *
 * @throws SimulatorError `http` for an error answer or one that can't be read, `unreachable`
 */
export async function callRpc(fetch: Platform["fetch"], endpoint: string, method: string, params: unknown[]): Promise<unknown> {
  let response: Response;
  try {
    const body = stringifyJson({ jsonrpc: "2.0", id: 1, method, params });
    response = await fetch(endpoint, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  } catch (cause) {
    throw new SimulatorError("unreachable", `${method}: the session's RPC could not be reached`, { cause });
  }
  const body = await response.text();
  let answer: unknown;
  try {
    answer = parseJson(body);
  } catch (cause) {
    throw new SimulatorError("http", `${method}: not a JSON answer (HTTP ${response.status})`, {
      cause,
      body,
      status: response.status,
    });
  }
  const { result, error } = members(answer);
  if (result === undefined) {
    throw new SimulatorError("http", `${method} was refused: ${members(error).message ?? body.slice(0, 200)}`, { body });
  }
  return result;
}

/** Puts account states in place, between two continues. Resolves with how many there were. @throws SimulatorError */
export async function modifyAccounts(
  fetch: Platform["fetch"],
  endpoint: string,
  accounts: Record<string, AccountData>,
): Promise<number> {
  await callRpc(fetch, endpoint, "modifyAccounts", [accounts]);
  return Object.keys(accounts).length;
}

/** What swaps a program, with slot, authority and lamports as the session has them. @throws SimulatorError */
export async function fetchProgramOverride(
  fetch: Platform["fetch"],
  endpoint: string,
  program: string,
  elf: Uint8Array,
): Promise<Record<string, AccountData>> {
  const call = (method: string, params: unknown[]): Promise<unknown> => callRpc(fetch, endpoint, method, params);
  const read = async (address: string): Promise<Uint8Array> => {
    const { value } = members(await call("getAccountInfo", [address, { encoding: "base64" }]));
    const { data } = members(value);
    if (!Array.isArray(data)) throw new SimulatorError("http", `the session has no account ${address}`);
    return decodeBase64(String(data[0]));
  };
  const programData = (await read(toAddress(program, "program"))).subarray(
    PROGRAM_DATA_ADDRESS_AT,
    PROGRAM_DATA_ADDRESS_AT + ADDRESS_BYTES,
  );
  if (programData.length < ADDRESS_BYTES) {
    throw new SimulatorError("http", `${program} is no upgradeable program: its account doesn't name a ProgramData account`);
  }
  const programDataAddress = encodeBase58(programData);
  const existing = await read(programDataAddress);
  const authority = existing[12] === 1 ? encodeBase58(existing.subarray(13, 45)) : undefined;
  const [slot, rent] = await Promise.all([call("getSlot", []), call("getMinimumBalanceForRentExemption", [45 + elf.length])]);
  const lamports = readU64(rent);
  return programOverride({
    programDataAddress,
    elf,
    startSlot: readU64(slot) ?? 0n,
    ...(authority !== undefined && { authority }),
    ...(lamports !== undefined && { lamports }),
  });
}
