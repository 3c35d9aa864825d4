import { FieldReader } from "./field-reader.js";
import { type Field, parseFields, readType } from "./field-types.js";
import type { AccountUse } from "./message-view.js";

/** A decoded instruction. */
export interface DecodedInstruction {
  readonly name: string;
  /** The names of the accounts of the instruction, in order. `undefined`: the account has no known name. */
  readonly accountNames: readonly (string | undefined)[];
  readonly args: Readonly<Record<string, unknown>>;
}

/** The layout of one instruction of a program. */
interface Layout {
  readonly name: string;
  readonly accounts: readonly string[];
  readonly args: readonly Field[];
}

/** Maps the first bytes of an instruction to its layout. */
export interface LayoutTable {
  /** The sizes of the discriminators in bytes, the largest first. */
  readonly widths: readonly number[];
  readonly layouts: ReadonlyMap<string, Layout>;
}

/**
 * Parses a table of layouts. Each line is `discriminator name | accounts | arguments`.
 *
 * - Discriminator: a number that is stored in `width` bytes, or bytes separated by commas.
 * - Accounts: names, in order. A name can have one of these forms:
 *   - `name=sysvar`: the account can be absent.
 *   - `name!argument`: the account is present only if the argument is 0.
 *   - `authority/multisigAuthority`: a single authority or a multisig. If this account is the last account, its name is
 *     `authority`. Otherwise, its name is `multisigAuthority`, and all following accounts are signers.
 *   - `name*`: all remaining accounts.
 *   - `name#argument`: the last accounts. The argument contains the number of these accounts.
 * - Arguments: `name:type`, in order. field-types.ts lists the types.
 */
export function layoutTable(width: 1 | 4, text: string): LayoutTable {
  const layouts = new Map<string, Layout>();
  for (const line of text.trim().split("\n")) {
    const [head = "", accounts = "", args = ""] = line.split("|").map((part) => part.trim());
    const [discriminator = "", name = ""] = head.split(" ");
    const bytes = discriminator.split(",").map(Number);
    const key = bytes.length === 1 && width === 4 ? [bytes[0], 0, 0, 0] : bytes;
    layouts.set(key.join(), {
      name,
      accounts: accounts.split(" ").filter((part) => part !== ""),
      args: parseFields(args),
    });
  }
  const widths = [...new Set([...layouts.keys()].map((key) => key.split(",").length))].sort((a, b) => b - a);
  return { widths, layouts };
}

/** Decodes an instruction. Omits arguments that are missing in the data. */
export function decodeByLayout(
  { widths, layouts }: LayoutTable,
  data: Uint8Array,
  accounts: readonly AccountUse[],
): DecodedInstruction | undefined {
  for (const width of widths) {
    const layout = data.length < width ? undefined : layouts.get(data.subarray(0, width).join());
    if (layout === undefined) continue;
    const args = readArgs(layout, new FieldReader(data.subarray(width)));
    // In `setLockupChecked`, the new custodian is an account, because the custodian must sign. The custodian's address is also
    // added to the arguments, as in other instructions.
    if (layout.name === "setLockupChecked" && accounts[2] !== undefined) {
      args.lockup = { ...(args.lockup as object), custodian: accounts[2].address };
    }
    return { name: layout.name, accountNames: nameAccounts(layout, args, accounts), args };
  }
  return undefined;
}

function readArgs({ args }: Layout, reader: FieldReader): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  try {
    for (const [name, type] of args) read[name] = readType(type, reader, read);
  } catch {
    // The data ends too early: `read` contains the arguments before the end.
  }
  return read;
}

/** Maps a sysvar in a layout (`name=sysvar`) to its address. */
const SYSVARS: Readonly<Record<string, string>> = {
  rent: "SysvarRent111111111111111111111111111111111",
  clock: "SysvarC1ock11111111111111111111111111111111",
  stakeHistory: "SysvarStakeHistory1111111111111111111111111",
  stakeConfig: "StakeConfig11111111111111111111111111111111",
  instructions: "Sysvar1nstructions1111111111111111111111111",
};

function nameAccounts(
  { name, accounts: patterns }: Layout,
  args: Readonly<Record<string, unknown>>,
  accounts: readonly AccountUse[],
): (string | undefined)[] {
  const names = new Array<string | undefined>(accounts.length).fill(undefined);
  let end = accounts.length;
  const [, lastName, lastCount] = /^(\w+)#(\w+)$/.exec(patterns.at(-1) ?? "") ?? [];
  if (lastName !== undefined && lastCount !== undefined) {
    const count = Math.min(Number(args[lastCount] ?? 0), end);
    end -= count;
    names.fill(lastName, end);
  }
  let at = 0;
  for (const pattern of patterns) {
    const [, label = "", mark, detail = ""] = /^(\w+)([=!/*#])?(\w*)$/.exec(pattern) ?? [];
    if (at >= end || mark === "#") break;
    if (mark === "=" && accounts[at]?.address !== SYSVARS[detail]) continue;
    // `name!argument`: the account is absent if the argument is not 0. It is also absent if only the authority (the last account)
    // is left.
    if (mark === "!" && (args[detail] !== 0 || at >= end - 1)) continue;
    if (mark === "*") {
      names.fill(label, at, end);
      at = end;
    } else if (mark === "/" && end - at > 1) {
      names[at] = detail;
      names.fill("signers", at + 1, end);
      at = end;
    } else names[at++] = label;
  }
  if (name === "setAuthority" && names[0] === "owned") names[0] = ownedBy(args.authorityType);
  return names;
}

/** Returns what an authority of this type controls: a token account or a mint. */
function ownedBy(authorityType: unknown): string {
  return authorityType === "accountOwner" || authorityType === "closeAccount" ? "account" : "mint";
}
