import { CodamaTypes, constantBytes, isOmitted } from "./codama-types.js";
import type { DecodeWork } from "./decode-work.js";
import { FieldReader } from "./field-reader.js";
import {
  buildDecoder,
  camelCase,
  decodeIdlInstruction,
  type IdlInstruction,
  type IdlProgram,
  startsWith,
} from "./idl-decoder.js";
import type { ProgramError } from "./program-errors.js";
import { asIndex, asList, asObject, asText, attempt, type Members, objectsOf } from "./unknown-values.js";

/** Returns the programs in a Codama IDL, with their addresses. */
export function codamaPrograms({ program, additionalPrograms }: Members): { address: string | undefined; program: Members }[] {
  // Newer versions of Codama omit empty lists.
  return objectsOf([program, ...(asList(additionalPrograms) ?? [])]).map((node) => ({
    address: asText(node.publicKey),
    program: node,
  }));
}

/** Reads a program of a Codama IDL. Values of unknown types are not decoded. */
export function readCodamaProgram(program: Members): IdlProgram {
  const types = new CodamaTypes(program);
  const problems: string[] = [];
  const instructions = objectsOf(program.instructions).map((node) => readInstruction(node, types, problems));
  const accounts = objectsOf(program.accounts).map((node) => ({
    name: camelCase(asText(node.name) ?? ""),
    decode: buildDecoder(() => types.decoder(node.data), problems),
    matches: matcher(node, structFields(node.data), types, problems),
  }));
  const errors = new Map(objectsOf(program.errors).flatMap(readError));
  return {
    name: asText(program.name) ?? "program",
    problems,
    decode: (data, used, work) => {
      const found = instructions.find((instruction) => instruction.matches(data, work));
      return found && decodeIdlInstruction(found, new FieldReader(data, work), used);
    },
    decodeAccount: (data, work) => {
      const found = accounts.find(({ matches }) => matches(data, work));
      return found && { name: found.name, fields: found.decode(new FieldReader(data, work)) };
    },
    error: (code) => errors.get(code),
  };
}

function readError({ code, name, message }: Members): [number, ProgramError][] {
  const number = asIndex(code);
  if (number === undefined) return [];
  return [[number, { name: asText(name) ?? `error${number}`, message: asText(message) || asText(name) || `error ${number}` }]];
}

function readInstruction(node: Members, types: CodamaTypes, problems: string[]): IdlInstruction {
  const args = objectsOf(node.arguments);
  return {
    name: camelCase(asText(node.name) ?? ""),
    matches: matcher(node, args, types, problems),
    accounts: objectsOf(node.accounts).map(({ name }) => camelCase(asText(name) ?? "")),
    args: args.map(
      ({ name, type }) => [camelCase(asText(name) ?? ""), buildDecoder(() => types.decoder(type), problems)] as const,
    ),
    hidden: new Set(args.filter(isOmitted).map(({ name }) => camelCase(asText(name) ?? ""))),
    offset: 0,
  };
}

/** Returns the fields of a struct, even if the struct is wrapped in a type with a prefix or a fixed size. */
function structFields(type: unknown): Members[] {
  let node = asObject(type);
  for (let depth = 0; node !== undefined && depth < 8; depth++) {
    if (node.kind === "structTypeNode") return objectsOf(node.fields);
    node = asObject(node.type);
  }
  return [];
}

/** Tests whether data belongs to an instruction or an account. */
type Test = (data: Uint8Array, work: DecodeWork) => boolean;

/** Returns a function that tests whether data matches all discriminators of an instruction or account node. */
function matcher(node: Members, fields: readonly Members[], types: CodamaTypes, problems: string[]): Test {
  const discriminators = objectsOf(node.discriminators);
  const byName = new Map(fields.map((field) => [field.name, field]));
  const tests = discriminators.map((discriminator): Test => {
    const offset = asIndex(discriminator.offset) ?? 0;
    switch (discriminator.kind) {
      case "sizeDiscriminatorNode":
        return (data) => data.length === asIndex(discriminator.size);
      case "constantDiscriminatorNode": {
        const constant = asObject(discriminator.constant) ?? {};
        return valueTest(constant.type, constant.value, offset, types, problems);
      }
      case "fieldDiscriminatorNode": {
        const field = byName.get(discriminator.name);
        return valueTest(field?.type, field?.defaultValue, offset, types, problems);
      }
      default:
        return () => false;
    }
  });
  return (data, work) => tests.length > 0 && tests.every((test) => test(data, work));
}

/** Returns a function that tests whether the data contains a value at an offset. */
function valueTest(type: unknown, value: unknown, offset: number, types: CodamaTypes, problems: string[]): Test {
  const node = asObject(value);
  if (node === undefined) return () => false;
  if (node.kind === "constantValueNode") return valueTest(node.type, node.value, offset, types, problems);
  if (node.kind === "bytesValueNode" || node.kind === "stringValueNode") {
    const bytes = constantBytes(node);
    return (data) => startsWith(data, bytes, offset);
  }
  const decode = buildDecoder(() => types.decoder(type), problems);
  const expected = String(node.number ?? node.boolean ?? node.publicKey ?? node.variant ?? "");
  return (data, work) => attempt(() => String(decode(new FieldReader(data, work).skip(offset)))) === expected;
}
