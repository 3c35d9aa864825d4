// @ts-check
import { shorten } from "./number-format.js";

/** Native and common programs. @type {Readonly<Record<string, string>>} */
const NAMES = {
  "11111111111111111111111111111111": "System",
  TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA: "Token",
  TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb: "Token-2022",
  ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL: "Associated Token",
  ComputeBudget111111111111111111111111111111: "Compute Budget",
  Vote111111111111111111111111111111111111111: "Vote",
  Stake11111111111111111111111111111111111111: "Stake",
  MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr: "Memo",
};

/** Returns a program's name, or its shortened address. @param {string} address */
export const programName = (address) => NAMES[address] ?? shorten(address);
