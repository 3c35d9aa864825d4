import { encodeBase64 } from "../codec/base64.js";
import { encodeUtf8 } from "../codec/utf8.js";
import { FieldReader } from "./field-reader.js";
import {
  buildDecoder,
  camelCase,
  counting,
  type Decoder,
  decodeIdlInstruction,
  depthGuard,
  type IdlInstruction,
  type IdlProgram,
  numberDecoder,
  readFields,
  readItems,
  startsWith,
} from "./idl-decoder.js";
import type { ProgramError } from "./program-errors.js";
import { sha256 } from "./sha256.js";
import { asIndex, asList, asObject, asText, type Members, objectsOf } from "./unknown-values.js";

/** Maps the name of each generic parameter of a type to its argument. */
type Generics = ReadonlyMap<string, { type?: unknown; value?: unknown }>;

const NO_GENERICS: Generics = new Map();

/**
 * Returns the program address in an Anchor IDL. An IDL from before Anchor 0.30 has the address in its metadata, or has no
 * address.
 */
export function anchorAddress(idl: Members): string | undefined {
  return asText(idl.address) ?? asText(asObject(idl.metadata)?.address);
}

/** Reads an Anchor IDL, of any version. Values of unknown types are not decoded. */
export function readAnchorIdl(idl: Members): IdlProgram {
  const types = new AnchorTypes(idl);
  const problems: string[] = [];
  // The longest discriminators are tested first, because a short discriminator may equal the start of a long one.
  const instructions = objectsOf(idl.instructions)
    .map((instruction) => readInstruction(instruction, types, problems))
    .sort((a, b) => b.offset - a.offset);
  const accounts = objectsOf(idl.accounts).map((account) => readAccount(account, types, problems));
  const errors = new Map(objectsOf(idl.errors).flatMap((error) => readError(error)));
  return {
    name: asText(asObject(idl.metadata)?.name) ?? asText(idl.name) ?? "program",
    problems,
    decode: (data, used, work) => {
      const found = instructions.find((instruction) => instruction.matches(data, work));
      return found && decodeIdlInstruction(found, new FieldReader(data, work), used);
    },
    decodeAccount: (data, work) => {
      const found = accounts.find(({ discriminator }) => startsWith(data, discriminator));
      if (found === undefined) return undefined;
      return { name: found.name, fields: found.decode(new FieldReader(data, work).skip(found.discriminator.length)) };
    },
    error: (code) => errors.get(code),
  };
}

/** Returns the discriminator. An IDL from before Anchor 0.30 does not contain it, so it is computed from a hash of the name. */
function discriminatorOf({ discriminator, name }: Members, namespace: "global" | "account"): Uint8Array {
  const bytes = asList(discriminator)?.map((byte) => asIndex(byte) ?? 0);
  if (bytes !== undefined) return Uint8Array.from(bytes);
  const text = asText(name) ?? "";
  return sha256(encodeUtf8(`${namespace}:${namespace === "global" ? snakeCase(text) : text}`)).subarray(0, 8);
}

function snakeCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}

function readInstruction(instruction: Members, types: AnchorTypes, problems: string[]): IdlInstruction {
  const discriminator = discriminatorOf(instruction, "global");
  return {
    name: camelCase(asText(instruction.name) ?? ""),
    matches: (data) => startsWith(data, discriminator),
    accounts: accountNames(instruction.accounts, ""),
    args: objectsOf(instruction.args).map(
      ({ name, type }) => [camelCase(asText(name) ?? ""), buildDecoder(() => types.decoder(type), problems)] as const,
    ),
    hidden: new Set(),
    offset: discriminator.length,
  };
}

/** Returns the names of the accounts. An account in a group gets the name of the group as a prefix. */
function accountNames(accounts: unknown, prefix: string): string[] {
  return objectsOf(accounts).flatMap((account) => {
    const name = `${prefix}${camelCase(asText(account.name) ?? "")}`;
    return account.accounts === undefined ? [name] : accountNames(account.accounts, `${name}.`);
  });
}

function readAccount(
  account: Members,
  types: AnchorTypes,
  problems: string[],
): { name: string; discriminator: Uint8Array; decode: Decoder } {
  const name = asText(account.name) ?? "";
  // Since Anchor 0.30, `account.type` is absent: the account's fields are in `types`, under the account's name.
  const build = () =>
    account.type === undefined ? types.decoder({ defined: { name } }) : types.definition(account, NO_GENERICS);
  return { name: camelCase(name), discriminator: discriminatorOf(account, "account"), decode: buildDecoder(build, problems) };
}

function readError({ code, name, msg }: Members): [number, ProgramError][] {
  const number = asIndex(code);
  if (number === undefined) return [];
  return [[number, { name: asText(name) ?? `Error${number}`, message: asText(msg) ?? asText(name) ?? `error ${number}` }]];
}

/** Builds decoders from the type definitions of an IDL. */
class AnchorTypes {
  readonly #definitions: ReadonlyMap<string, Members>;
  readonly #guard = depthGuard();
  /** The decoders of types without generic parameters. Each is built only once, even if its type is referenced several times. */
  readonly #built = new WeakMap<Members, Decoder>();

  constructor(idl: Members) {
    const definitions = [...objectsOf(idl.types), ...objectsOf(idl.accounts).filter(({ type }) => type !== undefined)];
    this.#definitions = new Map(definitions.map((definition) => [asText(definition.name) ?? "", definition]));
  }

  decoder(type: unknown, generics: Generics = NO_GENERICS): Decoder {
    if (typeof type === "string") return counting(scalarDecoder(type));
    const members = asObject(type) ?? {};
    if (generics.size > 0) return counting(this.#build(members, generics));
    const decode = this.#built.get(members) ?? counting(this.#build(members, generics));
    this.#built.set(members, decode);
    return decode;
  }

  #build(members: Members, generics: Generics): Decoder {
    if ("option" in members) {
      const item = this.decoder(members.option, generics);
      return (reader) => (reader.u8() === 0 ? null : item(reader));
    }
    if ("coption" in members) {
      const item = this.decoder(members.coption, generics);
      return (reader) => {
        const isSome = reader.u32() !== 0;
        // Always reads the value, because an empty `coption` also contains the bytes of a value.
        const value = item(reader);
        return isSome ? value : null;
      };
    }
    if ("vec" in members) {
      const item = this.decoder(members.vec, generics);
      return (reader) => readItems(reader.u32(), item, reader);
    }
    if ("array" in members) return this.#array(asList(members.array) ?? [], generics);
    if ("tuple" in members) return this.#tuple(asList(members.tuple) ?? [], generics);
    if ("defined" in members) return this.#defined(members.defined, generics);
    if ("generic" in members) return this.decoder(generics.get(asText(members.generic) ?? "")?.type, NO_GENERICS);
    throw new TypeError(`unknown type in the IDL: ${JSON.stringify(members)}`);
  }

  #array([type, count]: readonly unknown[], generics: Generics): Decoder {
    const item = this.decoder(type, generics);
    const name = asText(asObject(count)?.generic);
    const length = asIndex(count) ?? Number(name === undefined ? Number.NaN : generics.get(name)?.value);
    if (!Number.isSafeInteger(length)) throw new TypeError("an array in the IDL has no length");
    if (type === "u8") return (reader) => reader.base64(length);
    return (reader) => readItems(length, item, reader);
  }

  #tuple(types: readonly unknown[], generics: Generics): Decoder {
    const items = types.map((type) => this.decoder(asObject(type)?.type ?? type, generics));
    return (reader) => items.map((item) => item(reader));
  }

  /**
   * Returns a decoder for a named type. The decoder looks up the type only when it reads a value, because types can be recursive.
   */
  #defined(reference: unknown, outer: Generics): Decoder {
    const name = asText(reference) ?? asText(asObject(reference)?.name) ?? "";
    const given = objectsOf(asObject(reference)?.generics).map(({ type, value }) => ({
      // If an argument is a generic parameter, such as `T`, `outer` contains the value of this parameter.
      type: outer.get(asText(asObject(type)?.generic) ?? "")?.type ?? type,
      value: outer.get(asText(value) ?? "")?.value ?? value,
    }));
    let decode: Decoder | undefined;
    return this.#guard((reader) => {
      if (decode === undefined) {
        const definition = this.#definitions.get(name);
        if (definition === undefined) throw new TypeError(`the IDL does not define the type ${name}`);
        const parameters = objectsOf(definition.generics).map((parameter) => asText(parameter.name) ?? "");
        const generics = new Map(parameters.map((parameter, index) => [parameter, given[index] ?? {}]));
        decode = this.definition(definition, generics);
      }
      return decode(reader);
    });
  }

  /** Returns the decoder for a defined struct, enum or alias. */
  definition({ type }: Members, generics: Generics): Decoder {
    const members = asObject(type) ?? {};
    if (members.kind === "struct") return this.#fields(members.fields, generics) ?? (() => ({}));
    if (members.kind === "type" || members.kind === "alias") return this.decoder(members.alias ?? members.value, generics);
    if (members.kind !== "enum") throw new TypeError(`unknown kind of type in the IDL: ${String(members.kind)}`);
    const variants = objectsOf(members.variants).map(({ name, fields }) => ({
      name: asText(name) ?? "",
      fields: this.#fields(fields, generics),
    }));
    return (reader) => {
      const variant = variants[reader.u8()];
      if (variant === undefined) throw new RangeError("unknown variant");
      return variant.fields === undefined ? variant.name : { [variant.name]: variant.fields(reader) };
    };
  }

  /**
   * Returns a decoder for fields. Named fields are decoded to an object, other fields to a list. `undefined` if there are no
   * fields.
   */
  #fields(given: unknown, generics: Generics): Decoder | undefined {
    const fields = asList(given) ?? [];
    if (fields.length === 0) return undefined;
    if (fields.some((field) => asText(asObject(field)?.name) === undefined)) return this.#tuple(fields, generics);
    const named = objectsOf(fields).map(
      ({ name, type }) => [camelCase(asText(name) ?? ""), this.decoder(type, generics)] as const,
    );
    return (reader) => readFields(named, reader);
  }
}

function scalarDecoder(type: string): Decoder {
  switch (type) {
    case "bool":
      return (reader) => reader.bool();
    case "string":
      return (reader) => reader.text(reader.u32());
    case "bytes":
      return (reader) => encodeBase64(reader.bytes(reader.u32()));
    case "pubkey":
    case "publicKey":
      return (reader) => reader.key();
    default: {
      const decode = numberDecoder(type);
      if (decode === undefined) throw new TypeError(`unknown type in the IDL: ${type}`);
      return decode;
    }
  }
}
