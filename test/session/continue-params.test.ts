import { describe, expect, test } from "vitest";
import {
  type ContinueParams,
  type ContinueToParams,
  isBare,
  toContinueRequest,
  toContinueToRequest,
} from "../../src/session/continue-params.js";
import { thrownBy } from "../protocol/thrown.js";
import { badContinues, badContinueTos } from "./bad-input.js";
import { ACCOUNT, OTHER_PROGRAM } from "./session-rig.js";

const data = { data: { data: "", encoding: "base64" as const }, executable: false, lamports: 1, owner: OTHER_PROGRAM, space: 0n };

/** The request, whether it was at hand or had to wait for its parts. */
async function requestFor(params: ContinueParams) {
  const source = toContinueRequest(params);
  return typeof source === "function" ? source() : source;
}

describe("continue", () => {
  test("goes one block by default, and waits for nothing", () => {
    expect(toContinueRequest({})).toHaveProperty("params", { advanceCount: 1n, transactions: [], modifyAccountStates: {} });
  });

  test("takes a bigint or a number", async () => {
    expect((await requestFor({ advanceCount: 5 })).params).toMatchObject({ advanceCount: 5n });
    expect((await requestFor({ advanceCount: 18_446_744_073_709_551_615n })).params).toMatchObject({
      advanceCount: 18_446_744_073_709_551_615n,
    });
  });

  test.each(badContinues)("refuses %s", async (_, field, params) => {
    const refused = await requestFor(params as ContinueParams).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: "invalidParams", field });
  });

  test("is bare without transactions and account changes", async () => {
    expect(isBare(await requestFor({ advanceCount: 7 }))).toBe(true);
    expect(isBare(await requestFor({ transactions: [], modifyAccountStates: {} }))).toBe(true);
    expect(isBare(await requestFor({ transactions: ["AQ=="] }))).toBe(false);
    expect(isBare(await requestFor({ modifyAccountStates: { [ACCOUNT]: data } }))).toBe(false);
  });
});

describe("continueTo", () => {
  test("stops after the whole slot by default", () => {
    expect(toContinueToRequest({ slot: 5 }).params).toEqual({ slot: 5n, batchIndex: null });
    expect(toContinueToRequest({ slot: 5n, batchIndex: 3 }).params).toEqual({ slot: 5n, batchIndex: 3 });
  });

  test.each(badContinueTos)("refuses %s", (_, field, params) => {
    expect(thrownBy(() => toContinueToRequest(params as ContinueToParams))).toMatchObject({ code: "invalidParams", field });
  });

  test("is always bare", () => {
    expect(isBare(toContinueToRequest({ slot: 5 }))).toBe(true);
  });
});
