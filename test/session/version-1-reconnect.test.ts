import {
  address,
  appendTransactionMessageInstruction,
  blockhash,
  createTransactionMessage,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  type TransactionVersion,
} from "@solana/kit";
import { describe, expect, test } from "vitest";
import { transactionSignature } from "../../src/protocol/transaction-notification.js";
import { type ScriptedSubscription, startScriptedServer } from "../support/scripted-server.js";
import { newClient, OTHER_PROGRAM, PROGRAM, startSession, take } from "./session-rig.js";

/** A signed transaction. */
interface Made {
  signature: string;
  wire: string;
}

async function makeTransactions(version: TransactionVersion, count: number): Promise<Made[]> {
  const payer = await generateKeyPairSigner();
  const lifetime = { blockhash: blockhash(PROGRAM), lastValidBlockHeight: 5n };
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const transaction = await signTransactionMessageWithSigners(
        pipe(
          createTransactionMessage({ version }),
          (draft) => setTransactionMessageFeePayerSigner(payer, draft),
          (draft) => setTransactionMessageLifetimeUsingBlockhash(lifetime, draft),
          (draft) =>
            appendTransactionMessageInstruction(
              { programAddress: address(OTHER_PROGRAM), data: new Uint8Array(8).fill(index) },
              draft,
            ),
        ),
      );
      return { signature: getSignatureFromTransaction(transaction), wire: getBase64EncodedWireTransaction(transaction) };
    }),
  );
}

const notification = (slot: number, { wire }: Made, version: TransactionVersion) => ({
  slot,
  transaction: [wire, "base64"],
  meta: { err: null, status: { Ok: null }, fee: 5_000, preBalances: [], postBalances: [] },
  version,
});

describe.each([1, 0, "legacy"] as const)("transactions of version %s", (version) => {
  const orders: [string, (made: readonly Made[]) => Made[]][] = [
    ["in the same order", (made) => [...made]],
    ["in the reverse order", (made) => [...made].reverse()],
    ["in an order rotated by three", (made) => [...made.slice(3), ...made.slice(0, 3)]],
    ["after the new transactions", (made) => [...made.slice(4), ...made.slice(0, 4)]],
  ];

  test.each(orders)(
    `each transaction of version ${version} is delivered once if the server replays the transactions %s`,
    async (_, order) => {
      const server = await startScriptedServer();
      const { session } = await startSession(server, newClient(server, { compression: "none" }), {
        startSlot: 100,
        endSlot: 110,
      });
      const subscription = session.subscribeTransactions([PROGRAM]);
      const accept = async (): Promise<ScriptedSubscription> => {
        const connection = await server.subscription();
        await connection.accept("transactionSubscribe", 7);
        return connection;
      };
      const first = await accept();
      await subscription.ready;
      const made = await makeTransactions(version, 8);
      const send = (connection: ScriptedSubscription, slot: number, some: readonly Made[]): void => {
        for (const one of some) connection.notify("transactionNotification", 7, notification(slot, one, version));
      };
      const delivered: (string | undefined)[] = [];
      const read = async (count: number): Promise<void> => {
        while (delivered.length < count) {
          for (const event of await take(session, 1)) {
            if (event.type === "transaction") delivered.push(transactionSignature(event.transaction));
            if (event.type === "unrecognized") throw new Error("received an unrecognized event");
            if (event.type === "continuity" && event.kind !== "resumed") throw new Error(`received ${event.kind}`);
          }
        }
      };
      const before = made.slice(0, 4);
      send(first, 105, before);
      await read(4);
      first.destroy();

      const second = await accept();
      const later = await makeTransactions(version, 1);
      send(second, 105, order(made));
      send(second, 106, later);
      await read(9);
      const replayed = order(made).filter((one) => !before.includes(one));
      expect(delivered).toEqual([...before, ...replayed, ...later].map(({ signature }) => signature));
      second.complete(7);
    },
  );
});
