import { decodeBase58, encodeBase58 } from "../codec/base58.js";
import { decodeBase64, encodeBase64 } from "../codec/base64.js";
import { decodeUtf8, encodeUtf8 } from "../codec/utf8.js";
import type { FieldReader } from "./field-reader.js";
import { camelCase, counting, type Decoder, depthGuard, MAX_ITEMS, numberDecoder, readFields, readItems } from "./idl-decoder.js";
import { asIndex, asList, asObject, asText, attempt, type Members, objectsOf } from "./unknown-values.js";

/** Builds decoders from the type nodes of a program in a Codama IDL. */
export class CodamaTypes {
  readonly #definitions: ReadonlyMap<string, Members>;
  readonly #guard = depthGuard();
  /** The decoders of the nodes, so that a node that is referenced several times is built once. */
  readonly #built = new WeakMap<Members, Decoder>();

  constructor(program: Members) {
    this.#definitions = new Map(objectsOf(program.definedTypes).map((node) => [asText(node.name) ?? "", node]));
  }

  /** Returns the decoder for a type node. @throws TypeError if the kind of node is unknown */
  decoder(type: unknown): Decoder {
    const node = asObject(type) ?? {};
    const decode = this.#built.get(node) ?? counting(this.#build(node));
    this.#built.set(node, decode);
    return decode;
  }

  #build(node: Members): Decoder {
    switch (node.kind) {
      case "numberTypeNode":
        return this.#number(node);
      case "amountTypeNode":
      case "solAmountTypeNode":
      case "dateTimeTypeNode":
        return this.decoder(node.number);
      case "booleanTypeNode": {
        const decode = node.size === undefined ? (reader: FieldReader) => reader.u8() : this.decoder(node.size);
        return (reader) => Number(decode(reader)) !== 0;
      }
      case "publicKeyTypeNode":
        return (reader) => reader.key();
      case "bytesTypeNode":
        return (reader) => encodeBase64(reader.rest());
      case "stringTypeNode":
        return (reader) => readString(node.encoding, reader);
      case "fixedSizeTypeNode": {
        const decode = this.decoder(node.type);
        const size = asIndex(node.size) ?? 0;
        return (reader) => withoutPadding(node.type, decode(reader.part(size)));
      }
      case "sizePrefixTypeNode": {
        const [size, decode] = [this.decoder(node.prefix), this.decoder(node.type)];
        return (reader) => decode(reader.part(Number(size(reader))));
      }
      case "sentinelTypeNode":
        return this.#sentinel(node);
      case "hiddenPrefixTypeNode":
      case "hiddenSuffixTypeNode":
        return this.#hidden(node);
      case "preOffsetTypeNode":
      case "postOffsetTypeNode":
        return this.#offset(node);
      case "structTypeNode": {
        const fields = objectsOf(node.fields);
        const named = fields.map(({ name, type }) => [camelCase(asText(name) ?? ""), this.decoder(type)] as const);
        const hidden = new Set(fields.filter(isOmitted).map(({ name }) => camelCase(asText(name) ?? "")));
        return (reader) => {
          const read = Object.entries(readFields(named, reader));
          return Object.fromEntries(read.filter(([name]) => !hidden.has(name)));
        };
      }
      case "tupleTypeNode": {
        const items = (asList(node.items) ?? []).map((item) => this.decoder(item));
        return (reader) => items.map((item) => item(reader));
      }
      case "arrayTypeNode":
      case "setTypeNode":
        return this.#counted(node.count, this.decoder(node.item));
      case "mapTypeNode": {
        const [key, value] = [this.decoder(node.key), this.decoder(node.value)];
        const entries = this.#counted(node.count, (reader) => [String(key(reader)), value(reader)]);
        return (reader) => Object.fromEntries(entries(reader) as [string, unknown][]);
      }
      case "optionTypeNode": {
        const [isSome, item] = [this.decoder(node.prefix ?? { kind: "numberTypeNode", format: "u8" }), this.decoder(node.item)];
        return (reader) => {
          if (Number(isSome(reader)) !== 0) return item(reader);
          // The option is empty. If the option has a fixed size, skips the unused bytes of the item.
          if (node.fixed === true) item(reader);
          return null;
        };
      }
      case "remainderOptionTypeNode": {
        const item = this.decoder(node.item);
        return (reader) => (reader.remaining === 0 ? null : item(reader));
      }
      case "zeroableOptionTypeNode": {
        const item = this.decoder(node.item);
        return (reader) => {
          const before = reader.remaining;
          const start = reader.peekRest();
          const value = item(reader);
          const length = before - reader.remaining;
          reader.work.scan(length);
          return start.subarray(0, length).every((byte) => byte === 0) ? null : value;
        };
      }
      case "enumTypeNode":
        return this.#enum(node);
      case "definedTypeLinkNode":
        return this.#defined(asText(node.name) ?? "");
      default:
        throw new TypeError(`unknown node in the IDL: ${String(node.kind)}`);
    }
  }

  #number({ format, endian }: Members): Decoder {
    if (format === "shortU16") return readShortU16;
    const decode = numberDecoder(asText(format) ?? "", { bigEndian: endian === "be" });
    if (decode === undefined) throw new TypeError(`unknown number format in the IDL: ${String(format)}`);
    return decode;
  }

  #sentinel({ sentinel, type }: Members): Decoder {
    const mark = constantBytes(asObject(asObject(sentinel)?.value) ?? {});
    const decode = this.decoder(type);
    return (reader) => {
      const at = findBytes(reader, mark);
      if (at < 0) throw new RangeError("the end of a value is missing");
      const value = decode(reader.part(at));
      reader.skip(mark.length);
      return value;
    };
  }

  #hidden({ kind, prefix, suffix, type }: Members): Decoder {
    const decode = this.decoder(type);
    const constants = objectsOf(prefix ?? suffix).map((constant) => this.#constant(constant));
    const skip = (reader: FieldReader): void => {
      for (const read of constants) read(reader);
    };
    return (reader) => {
      if (kind === "hiddenPrefixTypeNode") skip(reader);
      const value = decode(reader);
      if (kind === "hiddenSuffixTypeNode") skip(reader);
      return value;
    };
  }

  /** Returns the decoder of a constant. Constant bytes and strings have no length prefix, so the length comes from the IDL. */
  #constant({ type, value }: Members): Decoder {
    const node = asObject(value) ?? {};
    if (node.kind !== "bytesValueNode" && node.kind !== "stringValueNode") return this.decoder(type);
    const { length } = constantBytes(node);
    return (reader) => reader.bytes(length);
  }

  /** Skips bytes before or after a value if the strategy is `relative` or `padded`. All other strategies are ignored. */
  #offset({ kind, offset, strategy, type }: Members): Decoder {
    const decode = this.decoder(type);
    const length = asIndex(offset) ?? 0;
    const skips = strategy === undefined || strategy === "relative" || strategy === "padded";
    return (reader) => {
      if (skips && kind === "preOffsetTypeNode") reader.skip(length);
      const value = decode(reader);
      if (skips && kind === "postOffsetTypeNode") reader.skip(length);
      return value;
    };
  }

  #counted(count: unknown, item: Decoder): Decoder {
    const node = asObject(count) ?? {};
    if (node.kind === "fixedCountNode") return (reader) => readItems(asIndex(node.value) ?? 0, item, reader);
    if (node.kind === "prefixedCountNode") {
      const length = this.decoder(node.prefix);
      return (reader) => readItems(length(reader) as number | bigint, item, reader);
    }
    return (reader) => {
      const items: unknown[] = [];
      for (let before = -1; reader.remaining > 0 && reader.remaining !== before; ) {
        before = reader.remaining;
        if (items.length >= MAX_ITEMS) throw new RangeError(`a list of more than ${MAX_ITEMS} items`);
        items.push(item(reader));
      }
      return items;
    };
  }

  #enum(node: Members): Decoder {
    const index = this.decoder(node.size ?? { kind: "numberTypeNode", format: "u8" });
    const variants = new Map<number, { name: string; fields: Decoder | undefined }>();
    let next = 0;
    for (const variant of objectsOf(node.variants)) {
      const discriminator = asIndex(variant.discriminator) ?? next;
      const fields = variant.struct ?? variant.tuple;
      variants.set(discriminator, {
        name: asText(variant.name) ?? "",
        fields: fields === undefined ? undefined : this.decoder(fields),
      });
      next = discriminator + 1;
    }
    return (reader) => {
      const variant = variants.get(Number(index(reader)));
      if (variant === undefined) throw new RangeError("unknown variant");
      return variant.fields === undefined ? variant.name : { [variant.name]: variant.fields(reader) };
    };
  }

  /**
   * Returns a decoder for a named type. The decoder looks up the type only when it reads a value, because types can be recursive.
   */
  #defined(name: string): Decoder {
    let decode: Decoder | undefined;
    return this.#guard((reader) => {
      if (decode === undefined) {
        const definition = this.#definitions.get(name);
        if (definition === undefined) throw new TypeError(`the IDL does not define the type ${name}`);
        decode = this.decoder(definition.type);
      }
      return decode(reader);
    });
  }
}

/** Maximum number of bytes that are encoded as base58. More bytes are refused, because base58 takes quadratic time. */
const MAX_BASE58_BYTES = 4_096;

function readString(encoding: unknown, reader: FieldReader): string {
  const bytes = reader.rest();
  if (encoding === "base58") {
    if (bytes.length > MAX_BASE58_BYTES) throw new RangeError(`a base58 text of ${bytes.length} bytes`);
    // Counts n² / 4 steps for n bytes, because base58 encoding takes quadratic time.
    reader.work.scan(bytes.length ** 2 / 4);
    return encodeBase58(bytes);
  }
  if (encoding === "base64") return encodeBase64(bytes);
  if (encoding === "base16") return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return decodeUtf8(bytes);
}

/** Returns the offset of `wanted` in the remaining bytes of a reader, or -1 if these bytes do not contain `wanted`. */
function findBytes(reader: FieldReader, wanted: Uint8Array): number {
  const rest = reader.peekRest();
  const [first] = wanted;
  if (first === undefined) return 0;
  for (let from = 0; ; ) {
    const at = rest.indexOf(first, from);
    if (at < 0 || at + wanted.length > rest.length) {
      reader.work.scan(rest.length - from);
      return -1;
    }
    let equal = 1;
    while (equal < wanted.length && rest[at + equal] === wanted[equal]) equal++;
    reader.work.scan(at - from + equal);
    if (equal === wanted.length) return at;
    from = at + 1;
  }
}

/** Removes the padding zeros at the end of a fixed-size text. */
function withoutPadding(type: unknown, value: unknown): unknown {
  if (asObject(type)?.kind !== "stringTypeNode" || typeof value !== "string") return value;
  let { length } = value;
  while (length > 0 && value.charCodeAt(length - 1) === 0) length--;
  return value.slice(0, length);
}

/** Reads an integer with seven bits per byte, lowest bits first. */
function readShortU16(reader: FieldReader): number {
  let value = 0;
  for (let shift = 0; shift < 21; shift += 7) {
    const byte = reader.u8();
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

/** Whether the results omit a field because its value is fixed. This is the case for discriminators. */
export function isOmitted({ defaultValueStrategy }: Members): boolean {
  return defaultValueStrategy === "omitted";
}

/** Returns the bytes of a constant, which is a bytes node or a string node. */
export function constantBytes({ data, string, encoding }: Members): Uint8Array {
  const text = asText(data) ?? asText(string) ?? "";
  switch (encoding) {
    case "base16":
      return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    case "base58":
      return decodeBase58(text) ?? new Uint8Array();
    case "base64":
      return attempt(() => decodeBase64(text)) ?? new Uint8Array();
    default:
      return encodeUtf8(text);
  }
}
