import { addressBytes, addressText } from "./address-text.js";
import type { NativeModule } from "./native-litesvm.js";
import {
  BPF_LOADER,
  BPF_LOADER_DEPRECATED,
  NATIVE_LOADER,
  SYSVAR_OWNER,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  UPGRADEABLE_LOADER,
} from "./programs.js";

/** The accounts that a new VM already contains. */
export interface SuppliedAccounts {
  /** The addresses of sysvars, programs, program code and native mints. */
  accounts: ReadonlySet<string>;
  /** The supplied programs that have code. The other programs are built into the VM. */
  programs: ReadonlySet<string>;
}

const OWNERS = [NATIVE_LOADER, SYSVAR_OWNER, TOKEN_PROGRAM, TOKEN_2022_PROGRAM];
const LOADERS = [BPF_LOADER_DEPRECATED, BPF_LOADER, UPGRADEABLE_LOADER];

const cache = new WeakMap<NativeModule, SuppliedAccounts>();

/** Returns the accounts that a new VM contains. They are the same for every VM, so the result is cached. */
export function suppliedAccounts(module: NativeModule): SuppliedAccounts {
  let supplied = cache.get(module);
  if (supplied === undefined) {
    const vm = module.createVm();
    vm.withNativeMints();
    const accounts = new Set<string>();
    const programs = new Set<string>();
    for (const owner of [...OWNERS, ...LOADERS]) {
      for (const found of vm.getProgramAccounts(addressBytes(owner))) {
        const address = addressText(found.address);
        accounts.add(address);
        if (LOADERS.includes(owner) && found.account().executable()) programs.add(address);
      }
    }
    supplied = { accounts, programs };
    cache.set(module, supplied);
  }
  return supplied;
}
