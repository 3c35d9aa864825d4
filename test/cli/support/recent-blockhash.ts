import { BacktestClient } from "../../../src/client/backtest-client.js";

/** Returns the latest blockhash of a new session at `startSlot`. All new sessions at this slot have the same blockhash. */
export async function recentBlockhash(url: string, startSlot: bigint | number): Promise<string> {
  await using client = new BacktestClient({ url, logger: false });
  const session = await client.startSession({ startSlot, slotCount: 5 });
  for await (const { type } of session) if (type === "readyForContinue") break;
  const response = await fetch(session.info.rpcEndpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getLatestBlockhash", params: [] }),
  });
  const { result } = (await response.json()) as { result: { value: { blockhash: string } } };
  return result.value.blockhash;
}
