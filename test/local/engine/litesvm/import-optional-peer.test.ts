import { expect, test } from "vitest";
import { importOptionalPeer } from "../../../../src/local/engine/litesvm/import-optional-peer.js";

test("importOptionalPeer imports a package that is installed", async () => {
  expect(await importOptionalPeer("valibot")).toHaveProperty("safeParse");
});

test("importOptionalPeer rejects with the platform's message if the package is not installed", async () => {
  await expect(importOptionalPeer("package-that-is-not-installed")).rejects.toThrow(/^Cannot find (?:package|module) 'package-/);
});
