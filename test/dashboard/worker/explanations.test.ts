import { Keypair, SystemProgram, Transaction } from "@solana/web3.js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConfirmedTransaction } from "../../../src/index.js";

const payer = Keypair.generate();
const unsent = new Transaction({ feePayer: payer.publicKey, recentBlockhash: "11111111111111111111111111111111" });
unsent.add(SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: Keypair.generate().publicKey, lamports: 1 }));
unsent.sign(payer);
const failed: ConfirmedTransaction = {
  slot: 1n,
  transaction: [unsent.serialize().toString("base64"), "base64"],
  meta: { err: { InstructionError: [0, { Custom: 1 }] }, fee: 5_000n, preBalances: [], postBalances: [], logMessages: [] },
};

/** Imports a new copy of the module, in which `explain` is not loaded yet. */
const fresh = () => import("../../../demo/dashboard/worker/explanations.js");

beforeEach(() => vi.resetModules());
afterEach(() => vi.doUnmock("../../../src/explain/index.js"));

test("the module `explain` is loaded when a failed transaction is first visible, and then the error is shown in words", async () => {
  const { visibleReasonOf } = await fresh();
  const handleLoaded = vi.fn();
  expect(visibleReasonOf(failed, handleLoaded), "a placeholder").toBe("failed");
  expect(visibleReasonOf(failed, handleLoaded)).toBe("failed");
  await expect.poll(() => handleLoaded.mock.calls.length).toBe(1);
  expect(visibleReasonOf(failed, handleLoaded)).toMatch(/^System: /);
  expect(handleLoaded).toHaveBeenCalledTimes(1);
});

test("if the module `explain` cannot be loaded, the reason of a failure stays unknown, and no further request is sent", async () => {
  let requests = 0;
  vi.doMock("../../../src/explain/index.js", () => {
    requests++;
    throw new Error("offline");
  });
  const { visibleReasonOf } = await fresh();
  const handleLoaded = vi.fn();
  visibleReasonOf(failed, handleLoaded);
  await expect.poll(() => handleLoaded.mock.calls.length).toBe(1);
  expect(visibleReasonOf(failed, handleLoaded)).toBeUndefined();
  expect(requests).toBe(1);
});
