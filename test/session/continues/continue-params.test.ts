import { describe, expect, test } from "vitest";
import {
  type ContinueParams,
  type ContinueToParams,
  isBare,
  toContinueRequest,
  toContinueToRequest,
} from "../../../src/session/continues/continue-params.js";
import { thrownBy } from "../../protocol/thrown.js";
import { badContinues, badContinueTos } from "../bad-input.js";
import { ACCOUNT, OTHER_PROGRAM } from "../session-rig.js";

const data = { data: { data: "", encoding: "base64" as const }, executable: false, lamports: 1, owner: OTHER_PROGRAM, space: 0n };

describe("continue()", () => {
  test("continue() advances one block by default", () => {
    expect(toContinueRequest({})).toHaveProperty("params", { advanceCount: 1n, transactions: [], modifyAccountStates: {} });
  });

  test("continue() accepts a bigint or a number", () => {
    expect(toContinueRequest({ advanceCount: 5 }).params).toMatchObject({ advanceCount: 5n });
    expect(toContinueRequest({ advanceCount: 18_446_744_073_709_551_615n }).params).toMatchObject({
      advanceCount: 18_446_744_073_709_551_615n,
    });
  });

  test.each(badContinues)("continue() refuses invalid parameters: %s", (_, field, params) => {
    expect(thrownBy(() => toContinueRequest(params as ContinueParams))).toMatchObject({ code: "invalidParams", field });
  });

  test("isBare() returns true for a continue request without transactions and account states", () => {
    expect(isBare(toContinueRequest({ advanceCount: 7 }))).toBe(true);
    expect(isBare(toContinueRequest({ transactions: [], modifyAccountStates: {} }))).toBe(true);
    expect(isBare(toContinueRequest({ transactions: ["AQ=="] }))).toBe(false);
    expect(isBare(toContinueRequest({ modifyAccountStates: { [ACCOUNT]: data } }))).toBe(false);
  });
});

describe("continueTo()", () => {
  test("continueTo() stops after the whole slot by default", () => {
    expect(toContinueToRequest({ slot: 5 }).params).toEqual({ slot: 5n, batchIndex: null });
    expect(toContinueToRequest({ slot: 5n, batchIndex: 3 }).params).toEqual({ slot: 5n, batchIndex: 3 });
  });

  test.each(badContinueTos)("continueTo() refuses invalid parameters: %s", (_, field, params) => {
    expect(thrownBy(() => toContinueToRequest(params as ContinueToParams))).toMatchObject({ code: "invalidParams", field });
  });

  test("a continueTo request never contains transactions or account states", () => {
    expect(isBare(toContinueToRequest({ slot: 5 }))).toBe(true);
  });
});
