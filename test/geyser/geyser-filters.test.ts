import { describe, expect, it } from "vitest";
import { toSubscribeRequest } from "../../src/geyser/geyser-filters.js";
import { checkOptions } from "../../src/geyser/geyser-options.js";

const ADDRESS = "11111111111111111111111111111111";
const BASE = "https://simulator.example";
const check = (filters: object): unknown => toSubscribeRequest(filters);

describe("the filters of a Geyser stream", () => {
  it.each([
    [{}, "filters: expected at least one filter"],
    [{ transactions: {} }, "filters: expected at least one filter"],
    [{ transaction: { a: {} } }, "filters.transaction: unknown kind of filter. Did you mean transactions?"],
    [{ accounts: { a: { owners: [] } } }, "filters.accounts.a.owners: unknown member. Did you mean owner?"],
    [{ accounts: { a: { owner: "x" } } }, "filters.accounts.a.owner: expected a list of addresses"],
    [{ accounts: { a: { owner: ["x"] } } }, "filters.accounts.a.owner.0: expected a base58 address"],
    [{ accounts: { a: { nonemptyTxnSignature: 1 } } }, "filters.accounts.a.nonemptyTxnSignature: expected a boolean"],
    [{ accounts: { a: { filters: {} } } }, "filters.accounts.a.filters: expected a list"],
    [{ accounts: { a: { filters: [{}] } } }, "filters.accounts.a.filters.0: expected one of memcmp"],
    [{ accounts: { a: { filters: [{ datasize: -1 }] } } }, "filters.accounts.a.filters.0.datasize: expected a whole number"],
    [{ accounts: { a: { filters: [{ tokenAccountState: 1 }] } } }, "tokenAccountState: expected a boolean"],
    [{ accounts: { a: { filters: [{ lamports: { ge: 1 } }] } } }, "lamports.ge: unknown member. Did you mean"],
    [{ accounts: { a: { filters: [{ memcmp: { offset: 0 } }] } } }, "memcmp: expected one of bytes, base58, base64"],
    [{ accounts: { a: { filters: [{ memcmp: { offset: 0, bytes: "x" } }] } } }, "memcmp.bytes: expected a Uint8Array"],
    [{ accounts: { a: { filters: [{ memcmp: { bytes: new Uint8Array() } }] } } }, "memcmp.offset: expected a whole number"],
    [{ transactions: { t: { signature: ADDRESS } } }, "filters.transactions.t.signature: expected a base58 signature"],
    [{ transactions: { t: null } }, "filters.transactions.t: expected an object"],
    [{ slots: { s: { filterByCommitment: "yes" } } }, "filters.slots.s.filterByCommitment: expected a boolean"],
    [{ entry: { e: { x: 1 } } }, "filters.entry.e: expected {}"],
    [{ entry: { ["n".repeat(129)]: {} } }, "filters.entry: the name of a filter has at most 128 characters"],
    [[], "filters: expected an object"],
  ])("toSubscribeRequest refuses the filters %j, and the error contains the path of the invalid member", (filters, message) => {
    expect(() => check(filters)).toThrow(message);
    expect(() => check(filters)).toThrow(expect.objectContaining({ code: "invalidParams" }));
  });

  it("toSubscribeRequest copies the filters, because the client sends them again after a reconnect", () => {
    const bytes = Uint8Array.of(1);
    const filters = { accounts: { a: { owner: [ADDRESS], filters: [{ memcmp: { offset: 0, bytes } }] } } };
    const request = toSubscribeRequest(filters);
    bytes[0] = 2;
    filters.accounts.a.owner.push("changed");
    expect(request.accounts?.a).toEqual({
      account: [],
      owner: [ADDRESS],
      filters: [{ memcmp: { offset: 0n, bytes: Uint8Array.of(1) } }],
    });
  });

  it("toSubscribeRequest refuses an unknown commitment and invalid data slices", () => {
    expect(() => toSubscribeRequest({ entry: { e: {} } }, "max" as never)).toThrow(
      "commitment: expected one of processed, confirmed, finalized",
    );
    expect(() => toSubscribeRequest({ entry: { e: {} } }, "processed", [{ offset: 0, length: -1 }])).toThrow(
      "accountsDataSlice.0.length",
    );
    expect(() => toSubscribeRequest({ entry: { e: {} } }, "processed", {} as never)).toThrow(
      "accountsDataSlice: expected a list",
    );
  });
});

describe("the options of a Geyser stream", () => {
  it.each([
    [{ URL: "x" }, "URL: unknown option. Did you mean url?"],
    [{ url: "127.0.0.1:4110" }, "url: 127.0.0.1:4110 is not the address of a gRPC service"],
    [{ url: "wss://host" }, "url: wss://host is not the address of a gRPC service"],
    [{ url: "https://user:secret@host" }, "url: credentials in the URL are not sent"],
    [{ token: "" }, "token: expected a non-empty string or a function"],
    [{ fromSlot: -1 }, "fromSlot: expected a whole number"],
    [{ drainMs: Number.NaN }, "drainMs: expected a number of ms"],
  ])("checkOptions refuses the Geyser options %j", (options, message) => {
    expect(() => checkOptions(options as object, BASE)).toThrow(message);
  });

  it("a Geyser stream connects to the origin of the client's URL by default", () => {
    expect(checkOptions({}, BASE)).toMatchObject({ origin: BASE, drainMs: 10_000, fromSlot: undefined });
  });

  it("a Geyser stream ignores the path in its option `url`", () => {
    expect(checkOptions({ url: "http://[::1]:4110/path" }, BASE).origin).toBe("http://[::1]:4110");
  });

  it("the error for an invalid URL of a Geyser stream does not contain the query of the URL", () => {
    expect(() => checkOptions({ url: "nonsense?api_key=secret" }, BASE)).toThrow(/^(?!.*secret)/);
  });
});
