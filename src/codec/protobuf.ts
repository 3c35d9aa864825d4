import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { decodeBase58, encodeBase58 } from "./base58.js";

/**
 * The types of scalar fields. A `key` is an address, a hash or a signature. It is bytes on the wire, and base58 in JavaScript.
 */
export type ScalarType = "uint64" | "int64" | "uint32" | "int32" | "double" | "bool" | "string" | "bytes" | "key";

/**
 * How often a field occurs. `optional`: absent fields have no property. `repeated`: an array. `map`: an object with string keys.
 * Without one of these, an absent scalar has its default, and an absent message has no property.
 */
type Occurrence = "optional" | "repeated" | "map";

/** A field: its number, its type, and how often it occurs. */
export type FieldSpec = readonly [number: number, type: ScalarType | MessageType, occurrence?: Occurrence];

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: ScalarType | MessageType;
  readonly occurrence: Occurrence | undefined;
  /** The type of an entry of a `map`. */
  readonly entry: MessageType | undefined;
}

/** The fields of a protobuf message, in the order in which they are written. */
export interface MessageType {
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

/** The members of a message. */
export type MessageValue = Readonly<Record<string, unknown>>;

/**
 * The maximum number of values in a message. Nested messages count as values. Without this limit, an encoded message of 1 MB with
 * many empty members would take 100 MB of memory.
 */
const MAX_VALUES = 1_000_000;
/**
 * The maximum length of a `key`, in bytes. The longest keys are signatures (64 bytes). A limit is needed, because base58 takes
 * quadratic time.
 */
const MAX_KEY_BYTES = 64;

/**
 * Defines a message type. `specs` contains the number and the type of each field, by the name of the field.
 *
 * @example messageType({ slot: [1, "uint64"], parent: [2, "uint64", "optional"] });
 */
export function messageType(specs: Readonly<Record<string, FieldSpec>>): MessageType {
  const fields = Object.entries(specs).map(
    ([name, [number, type, occurrence]]): Field => ({
      name,
      number,
      type,
      occurrence,
      entry: occurrence === "map" ? messageType({ key: [1, "string"], value: [2, type] }) : undefined,
    }),
  );
  return { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
}

/** Encodes a message. Members of `value` that have no field in `type` are ignored. */
export function encodeMessage(type: MessageType, value: object): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(writer, type, value as MessageValue);
  return writer.finish();
}

/**
 * Decodes a message. Unknown fields, and fields with an unexpected wire type, are skipped. 64-bit integers are `bigint`. A field
 * of type `bytes` is a view of the input, not a copy.
 *
 * @throws Error if the bytes are not a protobuf message
 */
export function decodeMessage<T>(type: MessageType, bytes: Uint8Array): T {
  return readMessage(new BinaryReader(bytes), bytes.length, type, { left: MAX_VALUES }) as T;
}

const WIRE_TYPES: Readonly<Record<ScalarType, WireType>> = {
  uint64: WireType.Varint,
  int64: WireType.Varint,
  uint32: WireType.Varint,
  int32: WireType.Varint,
  bool: WireType.Varint,
  double: WireType.Bit64,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  key: WireType.LengthDelimited,
};

function wireTypeOf(type: ScalarType | MessageType): WireType {
  return typeof type === "string" ? WIRE_TYPES[type] : WireType.LengthDelimited;
}

function writeFields(writer: BinaryWriter, { fields }: MessageType, value: MessageValue): void {
  for (const { name, number, type, occurrence } of fields) {
    const member = value[name];
    if (member === undefined || member === null) continue;
    if (occurrence === "repeated") writeRepeated(writer, number, type, member as readonly unknown[]);
    else if (occurrence === "map") writeMap(writer, number, type, member as MessageValue);
    // A scalar with its default value is written only if the field is `optional`.
    else if (occurrence === "optional" || typeof type !== "string" || !isDefault(member)) writeOne(writer, number, type, member);
  }
}

function isDefault(member: unknown): boolean {
  return (
    member === 0 || member === 0n || member === false || member === "" || (member instanceof Uint8Array && member.length === 0)
  );
}

function writeRepeated(writer: BinaryWriter, number: number, type: ScalarType | MessageType, members: readonly unknown[]): void {
  if (members.length === 0) return;
  const isPacked = wireTypeOf(type) !== WireType.LengthDelimited;
  if (!isPacked) {
    for (const member of members) writeOne(writer, number, type, member);
    return;
  }
  writer.tag(number, WireType.LengthDelimited).fork();
  for (const member of members) writeScalar(writer, type as ScalarType, member);
  writer.join();
}

function writeMap(writer: BinaryWriter, number: number, type: ScalarType | MessageType, members: MessageValue): void {
  for (const [key, member] of Object.entries(members)) {
    writer.tag(number, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writeOne(writer, 2, type, member);
    writer.join();
  }
}

function writeOne(writer: BinaryWriter, number: number, type: ScalarType | MessageType, member: unknown): void {
  writer.tag(number, wireTypeOf(type));
  if (typeof type === "string") {
    writeScalar(writer, type, member);
    return;
  }
  writer.fork();
  writeFields(writer, type, member as MessageValue);
  writer.join();
}

function writeScalar(writer: BinaryWriter, type: ScalarType, member: unknown): void {
  if (type === "key") writer.bytes(keyBytes(member as string));
  else writer[type](member as never);
}

function keyBytes(text: string): Uint8Array {
  const bytes = decodeBase58(text);
  if (bytes === undefined) throw new Error("a key is not base58");
  return bytes;
}

/** `left`: number of values that can still be decoded before `MAX_VALUES` is reached. */
interface Room {
  left: number;
}

function readMessage(reader: BinaryReader, end: number, { fields, byNumber }: MessageType, room: Room): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const { name, type, occurrence } of fields) {
    if (occurrence === "repeated") message[name] = [];
    else if (occurrence === "map") message[name] = {};
    else if (occurrence === undefined && typeof type === "string") message[name] = DEFAULTS[type];
  }
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const field = byNumber.get(number);
    if (field === undefined || !readField(reader, wireType, field, message, room)) reader.skip(wireType, number);
  }
  if (reader.pos !== end) throw new Error("a message ends inside a field");
  return message;
}

const NO_BYTES = new Uint8Array();
const DEFAULTS: Readonly<Record<ScalarType, unknown>> = {
  uint64: 0n,
  int64: 0n,
  uint32: 0,
  int32: 0,
  double: 0,
  bool: false,
  string: "",
  bytes: NO_BYTES,
  key: "",
};

/** Returns whether the field has the expected wire type. If not, nothing was read. */
function readField(
  reader: BinaryReader,
  wireType: WireType,
  field: Field,
  message: Record<string, unknown>,
  room: Room,
): boolean {
  const { name, type, occurrence, entry } = field;
  const expected = wireTypeOf(type);
  if (occurrence === "repeated" && wireType === WireType.LengthDelimited && expected !== WireType.LengthDelimited) {
    const end = endOfField(reader);
    const values = message[name] as unknown[];
    while (reader.pos < end) values.push(readValue(reader, type, room));
    if (reader.pos !== end) throw new Error("a packed field ends inside a value");
    return true;
  }
  if (wireType !== (entry === undefined ? expected : WireType.LengthDelimited)) return false;
  if (entry !== undefined) readEntry(reader, entry, message[name] as Record<string, unknown>, room);
  else if (occurrence === "repeated") (message[name] as unknown[]).push(readValue(reader, type, room));
  else message[name] = readValue(reader, type, room);
  return true;
}

function readEntry(reader: BinaryReader, entry: MessageType, entries: Record<string, unknown>, room: Room): void {
  takeRoom(room);
  const { key, value } = readMessage(reader, endOfField(reader), entry, room);
  const missing = entry.byNumber.get(2)?.type as MessageType;
  // `__proto__` must become a member like any other.
  Object.defineProperty(entries, key as string, {
    value: value ?? readMessage(new BinaryReader(NO_BYTES), 0, missing, room),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function readValue(reader: BinaryReader, type: ScalarType | MessageType, room: Room): unknown {
  takeRoom(room);
  if (typeof type !== "string") return readMessage(reader, endOfField(reader), type, room);
  switch (type) {
    // The reader returns a bigint, but its declared type is `bigint | string`. `BigInt` corrects the type.
    case "uint64":
      return BigInt(reader.uint64());
    case "int64":
      return BigInt(reader.int64());
    case "key": {
      const bytes = reader.bytes();
      if (bytes.length > MAX_KEY_BYTES) throw new Error(`a key has ${bytes.length} bytes; at most ${MAX_KEY_BYTES} are allowed`);
      return encodeBase58(bytes);
    }
    default:
      return reader[type]();
  }
}

function takeRoom(room: Room): void {
  if (room.left-- === 0) throw new Error(`the message has more than ${MAX_VALUES} values`);
}

function endOfField(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new Error("a field ends after its message");
  return end;
}
