import { encodeBase64 } from "../codec/base64.js";
import { extensionName } from "./extension-names.js";
import { FieldReader } from "./field-reader.js";
import { parseFields, readFieldList } from "./field-types.js";

/** The decoded content of an account. */
export interface AccountState {
  /** `tokenAccount`, `mint`, `stake`, …, or the name of the account type in an IDL. */
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const STATES = "enum(uninitialized,initialized,frozen)";
const TOKEN_ACCOUNT = parseFields(
  `mint:key owner:key amount:u64 delegate:ckey state:${STATES} rentExemptReserve:cu64 delegatedAmount:u64 closeAuthority:ckey`,
);
const MINT = parseFields("mintAuthority:ckey supply:u64 decimals:u8 isInitialized:bool freezeAuthority:ckey");

const TOKEN_ACCOUNT_BYTES = 165;
const MINT_BYTES = 82;
const MULTISIG_BYTES = 355;
/**
 * The offset of the byte that distinguishes a mint with extensions from a token account with extensions. A mint is padded up to
 * this offset.
 */
const KIND_AT = TOKEN_ACCOUNT_BYTES;
const MINT_KIND = 1;
const ACCOUNT_KIND = 2;

/** The fields of extensions, by extension number. Extensions that are not listed are shown as base64. */
const EXTENSION_FIELDS: Readonly<Record<number, string>> = {
  1: "transferFeeConfigAuthority:zkey withdrawWithheldAuthority:zkey withheldAmount:u64 olderTransferFee:transferFee newerTransferFee:transferFee",
  2: "withheldAmount:u64",
  3: "closeAuthority:zkey",
  6: `accountState:${STATES}`,
  7: "",
  8: "requireIncomingTransferMemos:bool",
  9: "",
  10: "rateAuthority:zkey initializationTimestamp:i64 preUpdateAverageRate:i16 lastUpdateTimestamp:i64 currentRate:i16",
  11: "lockCpi:bool",
  12: "delegate:zkey",
  13: "",
  14: "authority:zkey programId:zkey",
  15: "transferring:bool",
  18: "authority:zkey metadataAddress:zkey",
  19: "updateAuthority:zkey mint:key name:string32 symbol:string32 uri:string32 additionalMetadata:pairs",
  20: "authority:zkey groupAddress:zkey",
  21: "updateAuthority:zkey mint:key size:u64 maxSize:u64",
  22: "authority:zkey memberAddress:zkey",
  23: "mint:key group:key memberNumber:u64",
  25: "authority:zkey multiplier:f64 newMultiplierEffectiveTimestamp:i64 newMultiplier:f64",
  26: "authority:zkey paused:bool",
  27: "",
  28: "authority:zkey",
};

/** Decodes a token account, a mint or a multisig of the programs Token and Token-2022. */
export function decodeTokenAccount(data: Uint8Array): AccountState | undefined {
  if (data.length === MINT_BYTES) return readMint(data);
  if (data.length === MULTISIG_BYTES) return readMultisig(data);
  if (data.length === TOKEN_ACCOUNT_BYTES) return readAccount(data);
  if (data.length <= KIND_AT) return undefined;
  const kind = data[KIND_AT];
  if (kind === MINT_KIND) return withExtensions(readMint(data), data);
  return kind === ACCOUNT_KIND ? withExtensions(readAccount(data), data) : undefined;
}

function readAccount(data: Uint8Array): AccountState {
  const { rentExemptReserve, ...fields } = readFieldList(TOKEN_ACCOUNT, new FieldReader(data));
  const isNative = rentExemptReserve !== null;
  return { kind: "tokenAccount", fields: { ...fields, isNative, ...(isNative && { rentExemptReserve }) } };
}

function readMint(data: Uint8Array): AccountState {
  return { kind: "mint", fields: readFieldList(MINT, new FieldReader(data)) };
}

function readMultisig(data: Uint8Array): AccountState {
  const reader = new FieldReader(data);
  const [numRequiredSigners, numValidSigners, isInitialized] = [reader.u8(), reader.u8(), reader.bool()];
  const signers = Array.from({ length: Math.min(numValidSigners, 11) }, () => reader.key());
  return { kind: "multisig", fields: { numRequiredSigners, numValidSigners, isInitialized, signers } };
}

/** Adds the extensions. Each extension has a number and a length, 2 bytes each, and then its data. */
function withExtensions({ kind, fields }: AccountState, data: Uint8Array): AccountState {
  const extensions: Record<string, unknown> = {};
  const reader = new FieldReader(data).skip(KIND_AT + 1);
  try {
    while (reader.remaining >= 4) {
      const [extension, length] = [reader.u16(), reader.u16()];
      if (extension === 0) break;
      extensions[extensionName(extension)] = readExtension(extension, reader.bytes(length));
    }
  } catch {
    // The data is incomplete: keeps the extensions that were read before the end.
  }
  return { kind, fields: { ...fields, extensions } };
}

function readExtension(extension: number, data: Uint8Array): unknown {
  const fields = EXTENSION_FIELDS[extension];
  if (fields === undefined) return encodeBase64(data);
  return fields === "" ? true : readFieldList(parseFields(fields), new FieldReader(data));
}
