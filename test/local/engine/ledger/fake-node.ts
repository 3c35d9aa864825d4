import { encodeBase64 } from "../../../../src/codec/base64.js";
import { parseJson, stringifyJson } from "../../../../src/codec/json.js";
import type { AccountState } from "../../../../src/local/engine/engine.js";
import type { Ledger } from "../../../../src/local/engine/ledger/ledger.js";
import { openSession, run } from "../litesvm/litesvm-rig.js";

interface Call {
  method: string;
  params: [never, Record<string, unknown>];
}

/** Returns a response that replaces the regular response to a call, or `undefined`. */
export type Disturbance = (call: Call, nth: number) => Response | undefined;

/** A fake Solana node that serves all blocks of a ledger. It serves the accounts in their state before the first block. */
export class FakeNode {
  readonly calls: Call[] = [];
  readonly accounts = new Map<string, AccountState>();
  readonly blocks = new Map<bigint, Record<string, unknown>>();
  /** The context slot in responses with accounts. */
  slot = 0n;
  disturb: Disturbance = () => undefined;

  /** @param programs the addresses of programs to copy from the VM into the node's `accounts` */
  static async of(ledger: Ledger, programs: readonly string[] = []): Promise<FakeNode> {
    const node = new FakeNode();
    const { accounts } = await ledger.begin(ledger.startSlot);
    for (const [address, state] of accounts) node.accounts.set(address, state);
    const session = await openSession(ledger);
    for (const program of programs) node.accounts.set(program, session.account(program)!);
    const executed = await run(session);
    for (
      let block = await ledger.blockFrom(ledger.startSlot);
      block !== undefined;
      block = await ledger.blockFrom(block.slot + 1n)
    ) {
      const { slot, transactions, ...head } = block;
      node.blocks.set(slot, {
        ...head,
        rewards: [],
        transactions: executed
          .filter((one) => one.slot === slot)
          .map(({ wire, meta, version }) => ({ transaction: [wire, "base64"], meta, version })),
      });
    }
    node.slot = ledger.startSlot - 1n;
    return node;
  }

  readonly fetch: typeof fetch = async (_url, init) => this.answer(String(init?.body));

  answer(body: string): Response {
    const call = parseJson(body) as Call;
    this.calls.push(call);
    const nth = this.calls.filter(({ method }) => method === call.method).length;
    return this.disturb(call, nth) ?? rpcResponse(this.#resultOf(call));
  }

  #resultOf({ method, params: [first, config] }: Call): { result: unknown } | { error: { code: number; message: string } } {
    if (method === "getMultipleAccounts") {
      const addresses = first as string[];
      if (addresses.length > 100) return { error: { code: -32602, message: "Too many inputs provided; max 100" } };
      return { result: { context: { slot: this.slot }, value: addresses.map((address) => encode(this.accounts.get(address))) } };
    }
    const { transactionDetails } = config;
    const asked = { encoding: "base64", maxSupportedTransactionVersion: 1 };
    const isKnown = transactionDetails === "full" || transactionDetails === "none";
    if (!isKnown || stringifyJson({ ...config, ...asked }) !== stringifyJson(config)) {
      return { error: { code: -32602, message: "Invalid params" } };
    }
    const { transactions, ...head } = this.blocks.get(BigInt(first)) ?? {};
    if (transactions !== undefined) return { result: transactionDetails === "full" ? { ...head, transactions } : head };
    return { error: { code: -32009, message: `Slot ${String(first)} was skipped, or missing in long-term storage` } };
  }
}

export function rpcResponse(answer: { result: unknown } | { error: { code: number; message: string } }): Response {
  return new Response(stringifyJson({ jsonrpc: "2.0", id: 1, ...answer }));
}

function encode(state: AccountState | undefined): unknown {
  if (state === undefined) return null;
  const { lamports, owner, executable, data } = state;
  return { lamports, owner, executable, data: [encodeBase64(data), "base64"], rentEpoch: 2n ** 64n - 1n, space: data.length };
}
