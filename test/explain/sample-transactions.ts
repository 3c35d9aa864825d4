import { encodeBase58 } from "../../src/codec/base58.js";

export const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const SYSTEM = "11111111111111111111111111111111";

/** Returns a different address for each number. */
export function addressOf(seed: number): string {
  return encodeBase58(Uint8Array.from({ length: 32 }, (_, index) => (seed * 31 + index * 7 + 1) % 256));
}

export const [PAYER, SOURCE, DESTINATION, ROUTER, MINT] = [1, 2, 3, 4, 5].map(addressOf) as [
  string,
  string,
  string,
  string,
  string,
];

/** Returns the data of an instruction as base58. */
export function dataOf(...bytes: number[]): string {
  return encodeBase58(Uint8Array.from(bytes));
}

export const u64Bytes = (value: bigint): number[] => Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));

export interface JsonInstruction {
  program: string;
  accounts?: string[];
  data?: string;
  stackHeight?: number | null;
}

export interface JsonTransactionShape {
  instructions: JsonInstruction[];
  inner?: { index: number; instructions: JsonInstruction[] }[];
  err?: unknown;
  logs?: string[];
  meta?: object;
}

/** Returns a transaction in the form of `getTransaction` with the encoding `json`. */
export function jsonTransaction({ instructions, inner = [], err = null, logs = [], meta = {} }: JsonTransactionShape) {
  const all = [...instructions, ...inner.flatMap((group) => group.instructions)];
  const accounts = [...new Set([PAYER, ...all.flatMap((one) => one.accounts ?? [])])];
  const programs = [...new Set(all.map(({ program }) => program))].filter((program) => !accounts.includes(program));
  const accountKeys = [...accounts, ...programs];
  const toJson = ({ program, accounts: used = [], data = "", stackHeight = null }: JsonInstruction) => ({
    programIdIndex: accountKeys.indexOf(program),
    accounts: used.map((address) => accountKeys.indexOf(address)),
    data,
    stackHeight,
  });
  return {
    slot: 7n,
    version: "legacy",
    transaction: {
      signatures: ["5".repeat(88)],
      message: {
        header: {
          numRequiredSignatures: 1,
          numReadonlySignedAccounts: 0,
          numReadonlyUnsignedAccounts: programs.length,
        },
        accountKeys,
        recentBlockhash: addressOf(9),
        instructions: instructions.map(toJson),
      },
    },
    meta: {
      err,
      fee: 5000n,
      preBalances: accountKeys.map(() => 10n),
      postBalances: accountKeys.map(() => 10n),
      innerInstructions: inner.map(({ index, instructions: list }) => ({ index, instructions: list.map(toJson) })),
      logMessages: logs,
      computeUnitsConsumed: 150n,
      ...meta,
    },
  };
}

/** Returns a token transfer instruction. */
export function tokenTransfer(amount = 500n, stackHeight: number | null = null): JsonInstruction {
  return { program: TOKEN, accounts: [SOURCE, DESTINATION, PAYER], data: dataOf(3, ...u64Bytes(amount)), stackHeight };
}
