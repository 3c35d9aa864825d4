import { U64_MAX } from "../../../protocol/scalars.js";
import { SimulatorError } from "../../../protocol/simulator-error.js";
import { importOptionalPeer } from "./import-optional-peer.js";
import type { NativeAccount, NativeModule, NativeVm } from "./native-litesvm.js";

const VM_METHODS = [
  "setBlockhashCheck",
  "setSigverify",
  "setTransactionHistory",
  "withNativeMints",
  "getAccount",
  "getProgramAccounts",
  "setAccount",
  "sendVersionedTransaction",
] as const;

/**
 * The exports of the package that the engine uses. The engine uses the native VM without its wrapper class, because the wrapper
 * converts the addresses and accounts of each call.
 */
interface Package {
  LiteSVM: new () => { inner?: unknown };
  Account: new (lamports: bigint, data: Uint8Array, owner: Uint8Array, executable: boolean, rentEpoch: bigint) => NativeAccount;
}

/**
 * Loads litesvm, which is an optional peer dependency.
 *
 * @throws SimulatorError `unsupported` if it is not installed, has no build for this platform, or has an unsupported version
 */
export async function loadLitesvm(load: () => Promise<unknown> = () => importOptionalPeer("litesvm")): Promise<NativeModule> {
  let loaded: Partial<Package>;
  try {
    loaded = (await load()) as Partial<Package>;
  } catch (cause) {
    throw new SimulatorError("unsupported", whyNotLoaded(cause), { cause });
  }
  const { LiteSVM, Account } = loaded;
  if (typeof LiteSVM !== "function" || typeof Account !== "function" || !isVm(new LiteSVM().inner)) {
    throw new SimulatorError(
      "unsupported",
      'the engine "litesvm" does not support the installed version of litesvm: npm install litesvm@1.5, or use the engine "synthetic"',
    );
  }
  return {
    createVm: () => new LiteSVM().inner as NativeVm,
    createAccount: (lamports, data, owner, executable) => new Account(lamports, data, owner, executable, U64_MAX),
  };
}

function isVm(inner: unknown): inner is NativeVm {
  if (typeof inner !== "object" || inner === null) return false;
  return VM_METHODS.every((method) => typeof (inner as Record<string, unknown>)[method] === "function");
}

function whyNotLoaded(cause: unknown): string {
  const { message } = cause as Error;
  // `import` reports "Cannot find package", `require` reports "Cannot find module".
  return /^Cannot find (?:package|module) 'litesvm'/.test(message)
    ? 'the engine "litesvm" needs the package litesvm: npm install litesvm@1.5, or use the engine "synthetic"'
    : `litesvm has no native build that loads on ${process.platform}-${process.arch}: reinstall it on this platform with its optional dependencies, or use the engine "synthetic"`;
}
