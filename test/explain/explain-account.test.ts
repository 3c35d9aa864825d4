import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase58 } from "../../src/codec/base58.js";
import { encodeBase64 } from "../../src/codec/base64.js";
import { explainAccount } from "../../src/explain/index.js";
import { addressOf, u64Bytes } from "./sample-transactions.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
const [MINT_KEY, OWNER_KEY, DELEGATE_KEY] = [1, 2, 3].map((byte) => Array<number>(32).fill(byte)) as [
  number[],
  number[],
  number[],
];
const [MINT, OWNER, DELEGATE] = [MINT_KEY, OWNER_KEY, DELEGATE_KEY].map((bytes) => encodeBase58(Uint8Array.from(bytes))) as [
  string,
  string,
  string,
];
const u32 = (value: number): number[] => u64Bytes(BigInt(value)).slice(0, 4);
const none = (length: number): number[] => Array<number>(4 + length).fill(0);
const some = (bytes: number[]): number[] => [1, 0, 0, 0, ...bytes];

function tokenAccount(amount: bigint, { delegate = none(32), state = 1, native = none(8) } = {}): number[] {
  return [...MINT_KEY, ...OWNER_KEY, ...u64Bytes(amount), ...delegate, state, ...native, ...u64Bytes(7n), ...none(32)];
}

const state = (owner: string, bytes: number[], lamports = 5n) => ({
  owner,
  lamports,
  data: [encodeBase64(Uint8Array.from(bytes)), "base64"],
  executable: false,
  rentEpoch: 2n ** 64n - 1n,
  space: BigInt(bytes.length),
});

const explainPost = (owner: string, bytes: number[], account = addressOf(70)) =>
  explainAccount({ context: { slot: 1n }, account, post: state(owner, bytes) }).after;

describe("explainAccount", () => {
  it("explainAccount decodes a token account, and lists the fields that changed", () => {
    const diff = {
      context: { slot: 9n },
      account: addressOf(70),
      signature: "sig",
      pre: state(TOKEN, tokenAccount(100n)),
      post: state(TOKEN, tokenAccount(60n, { delegate: some(DELEGATE_KEY), state: 2 }), 8n),
    };
    const explained = explainAccount(diff);
    expect(explained).toMatchObject({ address: addressOf(70), slot: 9n, signature: "sig", problems: [] });
    expect(explained.after).toMatchObject({
      kind: "tokenAccount",
      owner: { address: TOKEN, name: "Token" },
      space: 165,
      fields: {
        mint: MINT,
        owner: OWNER,
        amount: 60n,
        delegate: DELEGATE,
        state: "frozen",
        isNative: false,
        delegatedAmount: 7n,
      },
    });
    expect(explained.changes).toEqual([
      { field: "lamports", before: 5n, after: 8n },
      { field: "amount", before: 100n, after: 60n },
      { field: "delegate", before: null, after: DELEGATE },
      { field: "state", before: "initialized", after: "frozen" },
    ]);
    expect(explainAccount({ type: "accountDiff", subscriptionId: "accountDiff-1", diff })).toEqual(explained);
  });

  it("explainAccount lists all fields of an opened or closed account as changes", () => {
    const account = state(TOKEN, tokenAccount(1n));
    const opened = explainAccount({ context: { slot: 1n }, post: account });
    expect(opened.before).toBeUndefined();
    expect(opened.changes).toContainEqual({ field: "amount", before: undefined, after: 1n });
    const closed = explainAccount({ context: { slot: 1n }, pre: account });
    expect(closed.after).toBeUndefined();
    expect(closed.changes).toContainEqual({ field: "amount", before: 1n, after: undefined });
  });

  it("explainAccount decodes mints with and without extensions", () => {
    const mint = [...some(OWNER_KEY), ...u64Bytes(1000n), 6, 1, ...none(32)];
    expect(explainPost(TOKEN, mint)).toMatchObject({
      kind: "mint",
      fields: { mintAuthority: OWNER, supply: 1000n, decimals: 6, isInitialized: true, freezeAuthority: null },
    });
    const padded = [...mint, ...Array<number>(165 - mint.length).fill(0), 1];
    const closeAuthority = [3, 0, 32, 0, ...OWNER_KEY];
    const metadataText = ["Name", "SYM", ""].flatMap((word) => [...u32(word.length), ...Buffer.from(word)]);
    const metadata = [...OWNER_KEY, ...MINT_KEY, ...metadataText, ...u32(1), ...u32(1), 107, ...u32(1), 118];
    const unknown = [99, 0, 2, 0, 1, 2];
    const extended = [...padded, ...closeAuthority, 19, 0, metadata.length, 0, ...metadata, ...unknown, 9, 0, 0, 0];
    expect(explainPost(TOKEN_2022, extended)).toMatchObject({
      kind: "mint",
      fields: {
        supply: 1000n,
        extensions: {
          mintCloseAuthority: { closeAuthority: OWNER },
          tokenMetadata: {
            updateAuthority: OWNER,
            mint: MINT,
            name: "Name",
            symbol: "SYM",
            uri: "",
            additionalMetadata: [["k", "v"]],
          },
          "extension 99": "AQI=",
          nonTransferable: true,
        },
      },
    });
  });

  it("explainAccount decodes native token accounts and multisigs", () => {
    expect(explainPost(TOKEN, tokenAccount(1n, { native: some(u64Bytes(2_039_280n)) }))?.fields).toMatchObject({
      isNative: true,
      rentExemptReserve: 2_039_280n,
    });
    const multisig = [2, 2, 1, ...OWNER_KEY, ...DELEGATE_KEY, ...Array<number>(355 - 3 - 64).fill(0)];
    expect(explainPost(TOKEN, multisig)).toMatchObject({
      kind: "multisig",
      fields: { numRequiredSigners: 2, signers: [OWNER, DELEGATE] },
    });
  });

  it("explainAccount decodes lookup tables, stake accounts, programs, nonces and the clock", () => {
    const table = [
      ...u32(1),
      ...u64Bytes(2n ** 64n - 1n),
      ...u64Bytes(5n),
      0,
      1,
      ...OWNER_KEY,
      0,
      0,
      ...MINT_KEY,
      ...DELEGATE_KEY,
    ];
    expect(explainPost("AddressLookupTab1e1111111111111111111111111", table)).toMatchObject({
      kind: "lookupTable",
      fields: { deactivationSlot: 2n ** 64n - 1n, lastExtendedSlot: 5n, authority: OWNER, addresses: [MINT, DELEGATE] },
    });
    const lockup = [...u64Bytes(0n), ...u64Bytes(3n), ...DELEGATE_KEY];
    const delegation = [
      ...MINT_KEY,
      ...u64Bytes(99n),
      ...u64Bytes(1n),
      ...u64Bytes(2n),
      ...Array<number>(8).fill(0),
      ...u64Bytes(4n),
    ];
    const stake = [...u32(2), ...u64Bytes(11n), ...OWNER_KEY, ...DELEGATE_KEY, ...lockup, ...delegation];
    expect(explainPost("Stake11111111111111111111111111111111111111", stake)).toMatchObject({
      kind: "stake",
      fields: {
        state: "delegated",
        authorized: { staker: OWNER },
        lockup: { epoch: 3n },
        voter: MINT,
        stake: 99n,
        creditsObserved: 4n,
      },
    });
    const loader = "BPFLoaderUpgradeab1e11111111111111111111111";
    expect(explainPost(loader, [...u32(2), ...MINT_KEY])).toMatchObject({ kind: "program", fields: { programData: MINT } });
    expect(explainPost(loader, [...u32(3), ...u64Bytes(8n), 1, ...OWNER_KEY, 127, 69])).toMatchObject({
      kind: "programData",
      fields: { slot: 8n, upgradeAuthority: OWNER },
    });
    expect(explainPost(loader, [...u32(1), 0])).toMatchObject({ kind: "buffer", fields: { authority: null } });
    const nonce = [...u32(1), ...u32(1), ...OWNER_KEY, ...MINT_KEY, ...u64Bytes(5000n)];
    expect(explainPost("11111111111111111111111111111111", nonce)).toMatchObject({
      kind: "nonce",
      fields: { authority: OWNER, blockhash: MINT },
    });
    expect(explainPost("11111111111111111111111111111111", [])).toMatchObject({ kind: "wallet" });
    const clock = [5n, 6n, 7n, 8n, 9n].flatMap(u64Bytes);
    expect(
      explainPost("Sysvar1111111111111111111111111111111111111", clock, "SysvarC1ock11111111111111111111111111111111"),
    ).toMatchObject({
      kind: "clock",
      fields: { slot: 5n, unixTimestamp: 9n },
    });
  });

  it("explainAccount accepts account events, lines of a record, and single accounts", () => {
    const account = state(TOKEN, tokenAccount(1n));
    const event = { type: "account", subscriptionId: "account-1", address: addressOf(70), slot: 4n, account };
    expect(explainAccount(event)).toMatchObject({
      address: addressOf(70),
      slot: 4n,
      after: { kind: "tokenAccount" },
      changes: [],
    });
    expect(explainAccount(account)).toMatchObject({ after: { kind: "tokenAccount" }, changes: [] });
    expect(explainAccount({ context: { slot: 1n }, account: addressOf(1), pre: account, post: account }).changes).toEqual([]);
  });

  it("explainAccount never throws, even for random input and random account data", () => {
    const owner = fc.constantFrom(
      TOKEN,
      TOKEN_2022,
      "Stake11111111111111111111111111111111111111",
      "AddressLookupTab1e1111111111111111111111111",
      "BPFLoaderUpgradeab1e11111111111111111111111",
      "11111111111111111111111111111111",
      "Sysvar1111111111111111111111111111111111111",
      addressOf(3),
    );
    const sized = fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ minLength: 165, maxLength: 165 }));
    fc.assert(
      fc.property(owner, sized, fc.jsonValue(), (program, bytes, odd) => {
        expect(() => explainAccount({ context: odd, account: odd, pre: odd, post: state(program, [...bytes]) })).not.toThrow();
        expect(() => explainAccount({ post: { owner: program, data: odd, lamports: odd } })).not.toThrow();
        expect(() => explainAccount(odd)).not.toThrow();
      }),
    );
    expect(explainAccount(null).problems).toEqual(["the input contains no state of an account"]);
  });
});
