import type { DecodeWork } from "./decode-work.js";
import { FieldReader } from "./field-reader.js";
import { type Field, parseFields, readFieldList } from "./field-types.js";
import type { IdlPrograms } from "./idls.js";
import {
  LOOKUP_TABLE_PROGRAM,
  STAKE_PROGRAM,
  SYSTEM_PROGRAM,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  UPGRADEABLE_LOADER,
} from "./native-programs.js";
import { type AccountState, decodeTokenAccount } from "./token-accounts.js";
import { asObject, attempt } from "./unknown-values.js";

const SYSVAR_OWNER = "Sysvar1111111111111111111111111111111111111";
const CLOCK = "SysvarC1ock11111111111111111111111111111111";
const NONCE_BYTES = 80;
/** The size of a lookup table's header. The addresses follow this header. */
const LOOKUP_TABLE_META_BYTES = 56;

const NONCE = parseFields(
  "version:u32 state:enum32(uninitialized,initialized) authority:key blockhash:key lamportsPerSignature:u64",
);
const CLOCK_FIELDS = parseFields("slot:u64 epochStartTimestamp:i64 epoch:u64 leaderScheduleEpoch:u64 unixTimestamp:i64");
const STAKE_META = "rentExemptReserve:u64 authorized:authorized lockup:lockup";
const STAKE_STATES = [
  "",
  STAKE_META,
  `${STAKE_META} voter:key stake:u64 activationEpoch:u64 deactivationEpoch:u64 warmupCooldownRate:f64 creditsObserved:u64`,
  "",
].map(parseFields);
const STAKE_STATE_NAMES = ["uninitialized", "initialized", "delegated", "rewardsPool"];
const LOOKUP_TABLE = parseFields("deactivationSlot:u64 lastExtendedSlot:u64 lastExtendedSlotStartIndex:u8 authority:?key");
const LOADER_STATES: readonly (readonly [kind: string, fields: readonly Field[]])[] = [
  ["uninitialized", []],
  ["buffer", parseFields("authority:?key")],
  ["program", parseFields("programData:key")],
  ["programData", parseFields("slot:u64 upgradeAuthority:?key")],
];

/** Decodes the data of an account, depending on its owner. @returns `undefined` if the content is unknown or cannot be read */
export function decodeAccount(
  owner: string,
  address: string | undefined,
  data: Uint8Array,
  idls: IdlPrograms,
  work: DecodeWork,
): AccountState | undefined {
  const byIdl = attempt(() => idls.get(owner)?.decodeAccount(data, work));
  if (byIdl !== undefined) return { kind: byIdl.name, fields: asObject(byIdl.fields) ?? { value: byIdl.fields } };
  return attempt(() => decodeNative(owner, address, data));
}

function decodeNative(owner: string, address: string | undefined, data: Uint8Array): AccountState | undefined {
  const reader = new FieldReader(data);
  switch (owner) {
    case TOKEN_PROGRAM:
    case TOKEN_2022_PROGRAM:
      return decodeTokenAccount(data);
    case STAKE_PROGRAM: {
      const index = reader.u32();
      const fields = STAKE_STATES[index];
      return fields && { kind: "stake", fields: { state: STAKE_STATE_NAMES[index], ...readFieldList(fields, reader) } };
    }
    case LOOKUP_TABLE_PROGRAM:
      return reader.u32() === 1 ? readLookupTable(reader, data) : undefined;
    case UPGRADEABLE_LOADER: {
      const [kind, fields] = LOADER_STATES[reader.u32()] ?? [];
      return kind === undefined || fields === undefined ? undefined : { kind, fields: readFieldList(fields, reader) };
    }
    case SYSTEM_PROGRAM:
      if (data.length === 0) return { kind: "wallet", fields: {} };
      return data.length === NONCE_BYTES ? { kind: "nonce", fields: readFieldList(NONCE, reader) } : undefined;
    case SYSVAR_OWNER:
      return address === CLOCK ? { kind: "clock", fields: readFieldList(CLOCK_FIELDS, reader) } : undefined;
    default:
      return undefined;
  }
}

function readLookupTable(reader: FieldReader, data: Uint8Array): AccountState {
  const fields = readFieldList(LOOKUP_TABLE, reader);
  const list = new FieldReader(data).skip(Math.min(LOOKUP_TABLE_META_BYTES, data.length));
  const addresses = Array.from({ length: Math.floor(list.remaining / 32) }, () => list.key());
  return { kind: "lookupTable", fields: { ...fields, addresses } };
}
