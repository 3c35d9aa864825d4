import { describe, expect, test } from "vitest";
import { parseJson } from "../../../../src/codec/json.js";
import type { AccountState } from "../../../../src/local/engine/engine.js";
import type { RecordedMeta } from "../../../../src/local/engine/ledger/ledger.js";
import { addressBytes } from "../../../../src/local/engine/litesvm/address-text.js";
import { type Compared, verdictOf } from "../../../../src/local/engine/litesvm/outcome-verdict.js";
import { SYSTEM_PROGRAM, TOKEN_PROGRAM } from "../../../../src/local/engine/litesvm/programs.js";

const WALLET = "7nYBpkEPkDD6m1JKBGwvftG7bHjJErJPjTH3VbKpump1";
const RENT = "SysvarRent111111111111111111111111111111111";
const MINT = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";

function account(lamports: bigint, over: Partial<AccountState> = {}): AccountState {
  return { lamports, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array(0), ...over };
}

function tokens(amount: bigint): AccountState {
  const data = new Uint8Array(165);
  data.set(addressBytes(MINT));
  new DataView(data.buffer).setBigUint64(64, amount, true);
  data[108] = 1;
  return account(2_039_280n, { owner: TOKEN_PROGRAM, data });
}

const compared: Compared = {
  err: null,
  addresses: [WALLET, RENT, TOKEN_PROGRAM],
  before: [account(100n), account(1n), account(5n)],
  after: [account(90n), account(1n), account(5n)],
  logs: () => ["Program 11111111111111111111111111111111 invoke [1]", "Program 11111111111111111111111111111111 success"],
  isSupplied: (address) => address !== WALLET,
  isBundled: (address) => address === TOKEN_PROGRAM,
};
const recorded: RecordedMeta = {
  err: null,
  preBalances: [100, 1_009_200, 934_087_680],
  postBalances: [90, 1_009_200, 934_087_680],
  logMessages: compared.logs(),
};

function verdict(meta: Partial<RecordedMeta>, over: Partial<Compared> = {}): string {
  return verdictOf({ ...compared, ...over }, { ...recorded, ...meta });
}

describe("lamports", () => {
  test("verdictOf ignores the balances of sysvars and programs that the VM supplies", () => {
    expect(verdict({})).toBe("correctSimulation");
    expect(verdict({}, { isSupplied: () => false })).toBe("balanceDiff");
  });

  test("verdictOf compares the balance change, not the balance, of an account that is built into the VM", () => {
    const after = [account(80n), account(1n), account(15n)];
    const postBalances = [80, 1_009_200, 934_087_690];
    expect(verdict({ postBalances }, { after })).toBe("correctSimulation");
    expect(verdict({ postBalances: [80, 1_009_200, 934_087_680] }, { after })).toBe("balanceDiff");
    expect(verdict({ postBalances: [80, 1_009_200, 934_087_680], preBalances: null }, { after })).toBe("correctSimulation");
  });

  test("verdictOf compares balances only for accounts with a recorded balance", () => {
    expect(verdict({ postBalances: [91, 1, 5] })).toBe("balanceDiff");
    expect(verdict({ postBalances: [null, 1, 5] })).toBe("correctSimulation");
    expect(verdict({ postBalances: null })).toBe("correctSimulation");
    expect(verdict({ preBalances: null, postBalances: [91, 1, 5] })).toBe("balanceDiff");
  });
});

describe("token balances", () => {
  test.each([
    '{"amount":"1234567","decimals":6,"uiAmount":1.234567,"uiAmountString":"1.234567"}',
    '{"amount":"1234567","decimals":6,"uiAmount":1.2345670000000002}',
    '{"amount":"1234567","decimals":6,"uiAmount":null,"uiAmountString":""}',
    '{"amount":"1234567"}',
  ])("verdictOf compares token balances only by their integer amount: %s", (json) => {
    const uiTokenAmount = parseJson(json) as { amount: string };
    const postTokenBalances = [{ accountIndex: 1, mint: MINT, uiTokenAmount }];
    expect(verdict({ postTokenBalances, postBalances: null }, { after: [account(90n), tokens(1_234_567n)] })).toBe(
      "correctSimulation",
    );
    expect(verdict({ postTokenBalances, postBalances: null }, { after: [account(90n), tokens(1_234_568n)] })).toBe("balanceDiff");
  });

  test("verdictOf finds a difference if two equal token balances have different mints", () => {
    const postTokenBalances = [{ accountIndex: 1, mint: WALLET, uiTokenAmount: { amount: "1" } }];
    expect(verdict({ postTokenBalances, postBalances: null }, { after: [account(90n), tokens(1n)] })).toBe("balanceDiff");
  });
});

describe("errors", () => {
  test.each([
    [{ InstructionError: [2, { BorshIoError: "Unknown" }] }, { InstructionError: [2, "BorshIoError"] }],
    [{ InstructionError: [2, "BorshIoError"] }, { InstructionError: [2, { BorshIoError: 'a "quoted" text' }] }],
    [{ InstructionError: [2, { BorshIoError: "a" }] }, { InstructionError: [2, { BorshIoError: "b" }] }],
    [{ InstructionError: [0, { Custom: 6001 }] }, { InstructionError: [0n, { Custom: 6001n }] }],
    [null, undefined],
  ])("verdictOf treats two encodings of the same error as equal: %o and %o", (err, other) => {
    expect(verdict({ err: other }, { err })).toBe("correctSimulation");
  });

  test.each([
    [{ InstructionError: [2, "BorshIoError"] }, { InstructionError: [1, "BorshIoError"] }],
    [{ InstructionError: [0, { Custom: 1 }] }, { InstructionError: [0, { Custom: 2 }] }],
    [{ InstructionError: [0, "BorshIoError"] }, { InstructionError: [0, "InvalidArgument"] }],
    [null, "AccountInUse"],
  ])("verdictOf treats different errors as different outcomes: %o and %o", (err, other) => {
    expect(verdict({ err: other }, { err })).toBe("incorrectSimulation");
    expect(verdict({ err }, { err: other })).toBe("incorrectSimulation");
  });
});

describe("logs", () => {
  test("verdictOf does not compare logs if the recorded logs are null or missing", () => {
    expect(verdict({ logMessages: null })).toBe("correctSimulation");
    const { logMessages: _, ...withoutLogs } = recorded;
    expect(verdictOf(compared, withoutLogs)).toBe("correctSimulation");
    expect(verdict({ logMessages: ["one line"] })).toBe("logDiff");
  });

  const called = (units: string, left: string, extra: string[] = []): string[] => [
    `Program ${WALLET} invoke [1]`,
    "Program log: swap",
    `Program ${TOKEN_PROGRAM} invoke [2]`,
    ...extra,
    `Program ${TOKEN_PROGRAM} consumed ${units} of ${left} compute units`,
    `Program ${TOKEN_PROGRAM} success`,
    "Program log: done",
    `Program ${WALLET} consumed ${units} of 200000 compute units`,
    `Program ${WALLET} success`,
  ];

  test("verdictOf ignores log differences that come from a program bundled with the VM", () => {
    const logs = (): string[] => called("105", "190000");
    expect(verdict({ logMessages: called("4645", "180000", ["Program log: Instruction: Transfer"]) }, { logs })).toBe(
      "correctSimulation",
    );
    expect(verdict({ logMessages: called("4645", "180000") }, { logs, isBundled: () => false })).toBe("logDiff");
  });

  test("verdictOf compares the logs of all programs that are not bundled with the VM", () => {
    const logs = (): string[] => called("105", "190000");
    const other = called("4645", "180000").map((line) => line.replace("swap", "sell"));
    expect(verdict({ logMessages: other }, { logs })).toBe("logDiff");
    expect(verdict({ logMessages: called("4645", "180000").slice(0, -1) }, { logs })).toBe("logDiff");
  });
});

test("verdictOf counts a transaction without a recorded outcome as correct", () => {
  expect(verdictOf(compared, undefined)).toBe("correctSimulation");
});
