import { anchorAddress, readAnchorIdl } from "./anchor-idl.js";
import { codamaPrograms, readCodamaProgram } from "./codama-idl.js";
import type { IdlProgram } from "./idl-decoder.js";
import { asList, asObject, attempt, type Members } from "./unknown-values.js";

/**
 * IDLs of programs, from Anchor or Codama. Pass one IDL, a list of IDLs, or an object that maps each program address to an IDL.
 * An Anchor IDL from before Anchor 0.30 may contain no address. Pass such an IDL in an object.
 */
export type Idls = object;

/** The programs from the IDLs, by address. */
export type IdlPrograms = ReadonlyMap<string, IdlProgram>;

/** Caches IDLs that have been read. Many transactions use the same IDL, and reading it takes longer than decoding with it. */
const known = new WeakMap<object, ReadonlyMap<string | undefined, IdlProgram>>();

/** Reads the IDLs of the options. Describes invalid and unknown options in `problems`. */
export function idlsOf(options: { idls?: Idls } | undefined, problems: string[]): IdlPrograms {
  if (options === undefined) return new Map();
  const members = asObject(options);
  if (members === undefined) problems.push("the options are not an object: pass { idls }");
  else if (isIdl(members)) problems.push("the options are an IDL: pass it as { idls }");
  else {
    for (const name of Object.keys(members))
      if (name !== "idls") problems.push(`the option ${name} is unknown: the only option is idls`);
  }
  return readIdls(members?.idls as Idls | undefined, problems);
}

/** Reads IDLs. An IDL that cannot be read is omitted and described in `problems`. */
function readIdls(idls: Idls | undefined, problems: string[]): IdlPrograms {
  const programs = new Map<string, IdlProgram>();
  const add = (idl: unknown, given: string | undefined, label: string): void => {
    const read = attempt(() => readIdl(idl));
    if (read === undefined) {
      problems.push(`the IDL ${label} cannot be read: it is not an IDL of Anchor or Codama`);
      return;
    }
    for (const [declared, program] of read) {
      const [unknown] = program.problems;
      if (unknown !== undefined) problems.push(`the IDL ${label} has types that cannot be read: ${unknown}`);
      // If the IDL has exactly one program, the given address (the key in the option `idls`) replaces the declared address.
      const address = given !== undefined && read.size === 1 ? given : declared;
      if (address !== undefined) programs.set(address, program);
      else problems.push(`the IDL ${label} has no address: pass the IDLs as { ADDRESS: idl }`);
    }
  };
  if (idls !== undefined && (typeof idls !== "object" || idls === null)) {
    problems.push(`the option idls is ${typeof idls === "string" ? "a string: parse its JSON first" : "not an object"}`);
  }
  const list = isIdl(asObject(idls)) ? [idls] : (asList(idls) ?? []);
  for (const [index, idl] of list.entries()) add(idl, undefined, `${index}`);
  if (list.length === 0) for (const [address, idl] of Object.entries(asObject(idls) ?? {})) add(idl, address, `of ${address}`);
  return programs;
}

function readIdl(idl: unknown): ReadonlyMap<string | undefined, IdlProgram> | undefined {
  const members = asObject(idl);
  if (members === undefined) return undefined;
  const cached = known.get(members);
  if (cached !== undefined) return cached;
  const programs = readPrograms(members);
  if (programs !== undefined) known.set(members, programs);
  return programs;
}

function isIdl(idl: Members | undefined): boolean {
  return idl !== undefined && (idl.kind === "rootNode" || idl.kind === "programNode" || Array.isArray(idl.instructions));
}

function readPrograms(idl: Members): ReadonlyMap<string | undefined, IdlProgram> | undefined {
  if (idl.kind === "rootNode") {
    return new Map(codamaPrograms(idl).map(({ address, program }) => [address, readCodamaProgram(program)]));
  }
  if (idl.kind === "programNode") return readPrograms({ kind: "rootNode", program: idl });
  return Array.isArray(idl.instructions) ? new Map([[anchorAddress(idl), readAnchorIdl(idl)]]) : undefined;
}
