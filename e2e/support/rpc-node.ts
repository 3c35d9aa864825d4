import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { generateLedger } from "../../src/local/engine/ledger/generate-ledger.js";
import { writeLedger } from "../../src/local/engine/ledger/write-ledger.js";

/** A Solana RPC node with the methods that `capture` calls. */
export interface RpcNode {
  readonly url: string;
  /** The addresses of all accounts. */
  readonly accounts: readonly string[];
  close(): Promise<void>;
}

export interface RpcNodeOptions {
  startSlot: bigint;
  endSlot: bigint;
  transactionsPerSlot: number;
  /** The folder for the node's ledger. The folder must not exist yet. */
  folder: string;
}

/** The error code for a skipped slot: https://solana.com/docs/rpc. */
const SKIPPED = -32007;

/** Starts a node with a generated ledger on this machine. */
export async function startRpcNode({ folder, ...range }: RpcNodeOptions): Promise<RpcNode> {
  await writeLedger(folder, generateLedger({ seed: "node", skipRate: 0.2, ...range }));
  const accounts = parseJson(await readFile(join(folder, "accounts.json"), "utf8")) as Accounts;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: [unknown] };
    const answer = await (method === "getBlock" ? blockOf(folder, params[0]) : accountsOf(accounts, params[0] as string[]));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"jsonrpc":"2.0","id":${id},${answer}}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accounts: accounts.addresses,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Accounts {
  context: { slot: number };
  addresses: string[];
  value: unknown[];
}

/** Returns the result of `getBlock`, which is the text of the block's file. */
async function blockOf(folder: string, slot: unknown): Promise<string> {
  const text = await readFile(join(folder, "blocks", `${slot}.json`), "utf8").catch(() => undefined);
  return text === undefined ? `"error":{"code":${SKIPPED},"message":"Slot ${slot} was skipped"}` : `"result":${text}`;
}

function accountsOf({ context, addresses, value }: Accounts, asked: readonly string[]): string {
  const answered = asked.map((address) => value[addresses.indexOf(address)] ?? null);
  return `"result":${stringifyJson({ context, value: answered })}`;
}
