import { describe, expect, test } from "vitest";
import type { CreateSession } from "../../src/session/create-options.js";
import { toCreateRequest } from "../../src/session/create-options.js";
import { thrownBy } from "../protocol/thrown.js";
import { FakePlatform } from "../support/fake-platform.js";
import { badCreates } from "./bad-input.js";

const node = new FakePlatform({ hasPage: false });
const page = new FakePlatform({ hasPage: true });
const params = async (create: CreateSession, platform = node) => toCreateRequest(create, platform).create.params;

describe("a create request", () => {
  test("a create request covers startSlot to endSlot, or slotCount slots from startSlot on", async () => {
    const range = async (create: CreateSession) => toCreateRequest(create, node).range;
    expect(await range({ startSlot: 100, endSlot: 105n })).toEqual({ startSlot: 100n, endSlot: 105n });
    expect(await range({ startSlot: 100n, slotCount: 5 })).toEqual({ startSlot: 100n, endSlot: 104n });
    expect(await range({ startSlot: 100n, endSlot: 100 })).toEqual({ startSlot: 100n, endSlot: 100n });
    const last = 18_446_744_073_709_551_615n;
    expect(await range({ startSlot: last, slotCount: 1 })).toEqual({ startSlot: last, endSlot: last });
  });

  test("the default `disconnectTimeoutSecs` is 360, or 900 in a page", async () => {
    expect((await params({ startSlot: 1, endSlot: 2 })).disconnectTimeoutSecs).toBe(360);
    expect((await params({ startSlot: 1, endSlot: 2 }, page)).disconnectTimeoutSecs).toBe(900);
    expect((await params({ startSlot: 1, endSlot: 2, disconnectTimeoutSecs: 30 }, page)).disconnectTimeoutSecs).toBe(30);
  });

  test("a create request contains a name and a token, or neither of them if `name` is `false`", async () => {
    expect(await params({ startSlot: 1, endSlot: 2, name: "My-Run.1" })).toMatchObject({
      name: "my-run.1",
      createToken: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(await params({ startSlot: 1, endSlot: 2 })).toMatchObject({ name: expect.stringMatching(/^js-[0-9a-f]{16}$/) });
    const unnamed = await params({ startSlot: 1, endSlot: 2, name: false });
    expect(unnamed).not.toHaveProperty("name");
    expect(unnamed).not.toHaveProperty("createToken");
  });

  test("a create request contains the parameters in `extra` unchanged", async () => {
    const extra = { signerFilter: ["a"], accountEvents: true };
    expect(await params({ startSlot: 1, endSlot: 2, extra })).toMatchObject(extra);
  });

  test.each(badCreates)("invalid create parameters are refused: %s", (_, field, create) => {
    const error = thrownBy(() => toCreateRequest(create as CreateSession, node));
    expect(error).toMatchObject({ code: "invalidParams", field });
    expect(error).toHaveProperty("message", expect.stringContaining(field));
  });
});
