import { describe, expect, it } from "vitest";
import { readAccountStates, readInjections } from "../../src/compare/changes-json.js";

const ADDRESS = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
const OWNER = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const LOADER = "BPFLoaderUpgradeab1e11111111111111111111111";

const account = (changes: object = {}) =>
  JSON.stringify({ [ADDRESS]: { lamports: 5, owner: OWNER, data: ["AAAA", "base64"], executable: false, ...changes } });

describe("readAccountStates", () => {
  it("readAccountStates reads lamports up to 2^64 - 1 exactly", () => {
    const text = account().replace(":5,", ":18446744073709551615,");
    expect(readAccountStates(text)).toEqual({
      [ADDRESS]: {
        lamports: 18_446_744_073_709_551_615n,
        owner: OWNER,
        data: { data: "AAAA", encoding: "base64" },
        executable: false,
        space: 3n,
      },
    });
  });

  it.each([
    ["a syntax error", "{", /not JSON/],
    ["a list instead of an object", "[]", /expected a JSON object/],
    ["an empty object", "{}", /contains no accounts/],
    ["an invalid address", '{"x":{}}', /x is not a base58 address/],
    ["an executable account", account({ executable: true }), /is a program; pass its ELF file instead/],
    ["an account of a loader", account({ owner: LOADER }), /is a program/],
    ["data that is not base64", account({ data: ["!!", "base64"] }), /data is not \["…", "base64"\]/],
    ["data in base58", account({ data: ["AAAA", "base58"] }), /data is not/],
    ["negative lamports", account({ lamports: -1 }), /lamports is not a whole number/],
    ["an account without an owner", account({ owner: undefined }), /owner is not a base58 address/],
  ])(
    "readAccountStates refuses JSON with %s, and the error starts with the name that the caller gave to the JSON",
    (_, text, message) => {
      expect(() => readAccountStates(text)).toThrow(message);
      expect(() => readAccountStates(text, { name: "accounts.json" })).toThrow(/^accounts\.json: /);
    },
  );
});

describe("readInjections", () => {
  it.each([
    ["an empty object", "{}", /contains no transactions/],
    ["a key that is not a slot", '{"now":["AAAA"]}', /"now" is not a slot/],
    ["a slot beyond 64 bits", '{"18446744073709551616":["AAAA"]}', /is not a slot/],
    ["a text instead of a list", '{"5":"AAAA"}', /slot 5: expected a list/],
    ["an empty list", '{"5":[]}', /slot 5: expected a list/],
    ["a transaction that is not base64", '{"5":["?"]}', /slot 5: a transaction is not base64/],
  ])(
    "readInjections refuses JSON with %s, and the error starts with the name that the caller gave to the JSON",
    (_, text, message) => {
      expect(() => readInjections(text)).toThrow(message);
      expect(() => readInjections(text, { name: "inject.json" })).toThrow(/^inject\.json: /);
    },
  );
});
