/** Changes to fields of the generated ELF file. Without changes, Solana accepts the file as a program. */
export interface ElfChanges {
  class?: number;
  type?: number;
  machine?: number;
  /** The size of an entry in the table of sections. */
  sectionBytes?: number;
  /** Where the only section ends. */
  sectionEnd?: number;
}

const CODE = 64;
const CODE_BYTES = 16;
const SECTIONS = CODE + CODE_BYTES;
export const ELF_BYTES = SECTIONS + 2 * 64;

/** Returns a minimal ELF file for SBF: a header, two instructions, and the table with one section. */
export function elfFile(changes: ElfChanges = {}): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ELF_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, changes.class ?? 2, 1, 1]);
  view.setUint16(16, changes.type ?? 3, true);
  view.setUint16(18, changes.machine ?? 247, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(CODE), true);
  view.setBigUint64(40, BigInt(SECTIONS), true);
  view.setUint16(52, 64, true);
  view.setUint16(58, changes.sectionBytes ?? 64, true);
  view.setUint16(60, 2, true);
  const section = SECTIONS + 64;
  view.setUint32(section + 4, 1, true);
  view.setBigUint64(section + 24, BigInt(CODE), true);
  view.setBigUint64(section + 32, BigInt((changes.sectionEnd ?? SECTIONS) - CODE), true);
  return bytes;
}
