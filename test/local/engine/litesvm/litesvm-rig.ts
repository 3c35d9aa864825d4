import type { CreateParams, EngineSession, ExecutedTransaction } from "../../../../src/local/engine/engine.js";
import { type GenerateLedgerOptions, generateLedger } from "../../../../src/local/engine/ledger/generate-ledger.js";
import { type Keypair, keypairOf } from "../../../../src/local/engine/ledger/keypair.js";
import type { Ledger } from "../../../../src/local/engine/ledger/ledger.js";
import { addressBytes } from "../../../../src/local/engine/litesvm/address-text.js";
import type { SkippedTransaction } from "../../../../src/local/engine/litesvm/ledger-comparison.js";
import { LitesvmSession, type SessionListeners } from "../../../../src/local/engine/litesvm/litesvm-session.js";
import { loadLitesvm } from "../../../../src/local/engine/litesvm/load-litesvm.js";
import { selectAccountDiffs, selectTransactions } from "../../../../src/local/notifications/subscription-selections.js";
import { type Address, buildTransaction, type Instruction } from "../../../../src/local/wire/build-transaction.js";
import type { MessageConfig } from "../../../../src/protocol/message-config.js";
import type { MessageVersion } from "../../../../src/protocol/transaction-message.js";

export const START = 1_000n;

export function ledgerOf(options: Partial<GenerateLedgerOptions> = {}): Ledger {
  return generateLedger({
    seed: "7",
    startSlot: START,
    endSlot: START + 99n,
    skipRate: 0,
    transactionsPerSlot: 10,
    ...options,
  });
}

export async function openSession(
  ledger: Ledger,
  range: Partial<CreateParams> = {},
  listeners: SessionListeners = {},
): Promise<LitesvmSession> {
  const { startSlot, endSlot } = ledger;
  const params = { startSlot, endSlot, extraComputeUnits: undefined, ...range } as CreateParams;
  return LitesvmSession.open(await loadLitesvm(), ledger, params, listeners);
}

/** Executes the next blocks of a session. By default, executes all remaining blocks. */
export async function run(session: EngineSession, blocks = Number.POSITIVE_INFINITY): Promise<ExecutedTransaction[]> {
  const executed: ExecutedTransaction[] = [];
  for (let count = 0; count < blocks; count++) {
    const block = await session.currentBlock();
    if (block === undefined) break;
    for (let batch = block.nextBatch; batch < block.batches; batch++) executed.push(...(await session.executeBatch()));
    await session.finishBlock();
  }
  return executed;
}

/** Returns the examples of transactions that could not be replayed, in ledger order. */
export function skippedOf(session: LitesvmSession): SkippedTransaction[] {
  const examples = (session.summary().notReplayed ?? []).flatMap((group) => group.examples);
  return examples.sort((a, b) => Number(a.slot - b.slot) || a.index - b.index);
}

/** Converts transactions to texts for comparison. The texts contain all data that subscriptions report. */
export function describeExecuted(executed: readonly ExecutedTransaction[], programs: readonly string[]): string[] {
  const selections = [selectTransactions(programs), ...programs.map((program) => selectAccountDiffs(program, "program"))];
  return executed.flatMap((transaction) =>
    selections.flatMap((select) =>
      select({ type: "transaction", slot: transaction.slot, transaction }).map((result) => result.json()),
    ),
  );
}

/** Returns the keypair of a wallet of the generated ledger. The key is derived from a label. */
export function walletOf(index: number, seed = "7"): Keypair {
  return keypairOf(`${seed}/wallet/${index}`);
}

/** The limits in version 1 transactions. Both limits are high enough for all tests. */
const LIMITS: MessageConfig = { computeUnitLimit: 1_400_000, loadedAccountsDataSizeLimit: 64 * 1024 * 1024 };

/** Returns the bytes of a signed transaction. The signature of a missing signer consists of zeros. */
export function signed(
  signers: readonly [Keypair, ...Keypair[]],
  instructions: readonly Instruction[],
  blockhash: string,
  version: MessageVersion = 0,
  config: MessageConfig = LIMITS,
): Uint8Array {
  const parts = {
    version,
    ...(version === 1 && { config }),
    payer: signers[0].address,
    instructions,
    blockhash: { text: blockhash, bytes: addressBytes(blockhash) },
  };
  const keys = new Map(signers.map((signer) => [signer.address.text, signer]));
  return buildTransaction(parts, (message, { text }) => keys.get(text)?.sign(message) ?? new Uint8Array(64)).bytes;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

export function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

export function lamportsOf(session: LitesvmSession, { text }: Address): bigint {
  return session.account(text)?.lamports ?? 0n;
}

/** Executes a client's transaction in the current block. */
export async function send(session: LitesvmSession, wire: Uint8Array): Promise<ExecutedTransaction> {
  const [executed] = await session.prepare([base64(wire)]).execute();
  return executed!;
}
