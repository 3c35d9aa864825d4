import { decodeBase58 } from "../../codec/base58.js";
import { encodeBase64 } from "../../codec/base64.js";
import { Prng } from "../engine/synthetic/prng.js";
import { systemTransfer } from "../engine/synthetic/system-program.js";
import { SEND_TRANSACTION, unsupportedInReplay } from "../extras/state-replay.js";
import type { Session } from "../session/local-session.js";
import { type Address, buildTransaction } from "../wire/build-transaction.js";
import { invalidRpcParams, RPC_CODES, RpcFailure } from "../wire/json-rpc.js";
import { describeTransactionError } from "../wire/transaction-error.js";
import { AIRDROP_CONFIG, readConfig } from "./rpc-config.js";
import { type RpcMethods, readAddress, readBlockhash, readCount } from "./rpc-method.js";

const FAUCET = toAddress("6dSgdmgChuRayv8Qyk2g3hg5ekqgyQWFhptH96rLwtQu");
const SYSTEM_PROGRAM = "11111111111111111111111111111111";
/** The balance of the faucet before each airdrop, in lamports. */
const FAUCET_LAMPORTS = 2n ** 63n;
const MAX_LAMPORTS = 2n ** 62n;
const SIGNATURE_BYTES = 64;

/** The number of airdrops in each session. It makes the signature of each airdrop unique. */
const airdrops = new WeakMap<Session, number>();

/** The method `requestAirdrop`. Like a test validator, it transfers lamports from a faucet, in the next block. */
export const AIRDROP_METHODS: RpcMethods = {
  requestAirdrop: async (session, [address, lamports, config]) => {
    if (session.replaysState) {
      throw new RpcFailure(RPC_CODES.invalidRequest, unsupportedInReplay("requestAirdrop", SEND_TRANSACTION));
    }
    const to = toAddress(readAddress(address));
    const amount = readCount(lamports, "a number of lamports");
    const { recentBlockhash } = readConfig(AIRDROP_CONFIG, config);
    if (recentBlockhash !== undefined) readBlockhash(recentBlockhash);
    if (amount > MAX_LAMPORTS) throw invalidRpcParams(`an airdrop can be at most ${MAX_LAMPORTS} lamports`);
    const blockhash = await session.withEngine((engine) => engine.latestBlockhash?.());
    if (blockhash === undefined) throw new RpcFailure(RPC_CODES.methodNotFound, "this engine has no blockhashes");
    const count = (airdrops.get(session) ?? 0) + 1;
    airdrops.set(session, count);
    const instructions = [systemTransfer(FAUCET, to, amount)];
    // The signature of the faucet is not verified, so its private key is not needed.
    const { bytes } = buildTransaction(
      { version: "legacy", payer: FAUCET, instructions, blockhash: toAddress(blockhash.blockhash) },
      () => new Prng(`airdrop/${count}`).bytes(SIGNATURE_BYTES),
    );
    await session.withEngine((engine) => engine.applyAccounts({ [FAUCET.text]: fullFaucet() }));
    const [executed] = await session.send([encodeBase64(bytes)], { verifySignatures: false });
    const { err = "Unknown" } = executed?.meta ?? {};
    if (executed === undefined || err !== null) {
      throw new RpcFailure(RPC_CODES.internalError, `airdrop of ${amount} lamports failed: ${describeTransactionError(err)}`);
    }
    return executed.signatures[0];
  },
};

function fullFaucet() {
  const data = { data: "", encoding: "base64" } as const;
  return { data, executable: false, lamports: FAUCET_LAMPORTS, owner: SYSTEM_PROGRAM, space: 0n };
}

function toAddress(text: string): Address {
  return { text, bytes: decodeBase58(text) as Uint8Array };
}
