import { createPrivateKey, createPublicKey } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { encodeBase58 } from "../../../src/codec/base58.js";
import { localWallets } from "../../../src/local/engine/local-wallets.js";
import { createLocalSimulator } from "../../../src/local/in-page/in-page-simulator.js";

test("the secret key of a wallet consists of its private key and its public key", () => {
  for (const { address, secretKey } of localWallets()) {
    const header = Buffer.from("302e020100300506032b657004220420", "hex");
    const key = createPrivateKey({ key: Buffer.concat([header, secretKey.subarray(0, 32)]), format: "der", type: "pkcs8" });
    const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12);
    expect(encodeBase58(publicKey)).toBe(address);
    expect([...secretKey.subarray(32)]).toEqual([...publicKey]);
  }
});

test("the in-page simulator has wallets with 1,000 SOL each, and supports airdrops", async () => {
  const simulator = createLocalSimulator({ startSlot: 100, slots: 10 });
  const client = new BacktestClient({ url: simulator.url, WebSocket: simulator.WebSocket, fetch: simulator.fetch });
  onTestFinished(async () => {
    await client.close();
    await simulator.close();
  });
  const session = await client.startSession({ startSlot: 100, endSlot: 109 });
  await session.continueUntilReady();
  const call = async (method: string, ...params: unknown[]): Promise<{ result: { value: number } & string }> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    return (await simulator.fetch(session.info.rpcEndpoint, { method: "POST", body })).json();
  };
  for (const { address } of simulator.wallets) expect((await call("getBalance", address)).result.value).toBe(10 ** 12);
  const [{ address } = { address: "" }] = simulator.wallets;
  const signatures = [await call("requestAirdrop", address, 5), await call("requestAirdrop", address, 5)].map(
    ({ result }) => result,
  );
  expect(new Set(signatures).size).toBe(2);
  expect((await call("getBalance", address)).result.value).toBe(10 ** 12 + 10);
  expect((await call("getSignatureStatuses", signatures)).result.value).toMatchObject([{ err: null }, { err: null }]);
});
