// Compares two records of about `process.argv[2]` MB each, which are generated while they are read. Prints the result and the
// peak resident memory as JSON.
import { readFileSync } from "node:fs";
import { compareRuns } from "../../dist/compare.js";

const BYTES = Number(process.argv[2]) * 1e6;
/** Order of the slots in a record. "single": ascending; "parallel": alternates between two sub-ranges; "unordered": shuffled. */
const ORDER = process.argv[3] ?? "single";

const PER_SLOT = 50;
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const LOGS = Array.from({ length: 20 }, (_, at) => `Program log: a line of the logs, long enough to be like a real one ${at}`);
const PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

/**
 * Returns the peak resident memory of this process, in KiB. On Linux, `maxRSS` is not used, because it includes the memory of the
 * parent process.
 */
function peakResident() {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

/** Returns a text of base58 digits that is different for each number. */
function base58(number, length) {
  let text = "";
  for (let rest = number; text.length < length; rest = Math.floor(rest / 58) + 7919) text += ALPHABET[rest % 58];
  return text;
}

/** Returns the line of a transaction. Its accounts occur in no other transaction. */
function line(number, slot, index, isB) {
  const wire = Buffer.alloc(1 + 64 + 3 + 1 + 32 * 6 + 32 + 1 + 3);
  wire[0] = 1;
  wire[65] = 1;
  wire[68] = 6;
  for (let key = 0; key < 6; key++) {
    wire.writeUInt32LE(number, 69 + 32 * key);
    wire[69 + 32 * key + 5] = key + 1;
  }
  wire[wire.length - 4] = 1;
  wire[wire.length - 3] = 1;
  const isChanged = isB && number % 100 === 0;
  return `${JSON.stringify({
    type: "transaction",
    slot,
    signature: base58(number, 88),
    program: PROGRAM,
    transaction: {
      slot,
      transaction: [wire.toString("base64"), "base64"],
      meta: {
        err: isChanged ? { InstructionError: [0, { Custom: 1 }] } : null,
        fee: 5000,
        preBalances: [1e9, 1e8, 5, 1, 1, 1],
        postBalances: [1e9 - 5000, isChanged ? 1e8 : 1e8 + 7, 5, 1, 1, 1],
        logMessages: [...LOGS, isB && number % 10 === 3 ? "Program log: b" : "Program log: a"],
        computeUnitsConsumed: 1500,
      },
      transactionIndex: index,
    },
  })}\n`;
}

const count = Math.floor(BYTES / line(1, 300_000_000, 0, false).length);
const slots = Math.ceil(count / PER_SLOT);
const FIRST = 300_000_000;

function* slotsOf(isB) {
  if (ORDER === "single") for (let slot = 0; slot < slots; slot++) yield slot;
  const half = Math.floor(slots / 2);
  if (ORDER === "parallel") {
    // The lines of the two sub-sessions alternate. Record A starts with sub-session 1. Record B starts with sub-session 2.
    for (let slot = 0; slot < half; slot++) yield* isB ? [half + slot, slot] : [slot, half + slot];
  }
  if (ORDER === "unordered") for (let slot = 0; slot < slots; slot++) yield (slot * (isB ? 7919 : 104_729)) % slots;
}

async function* source(isB) {
  const half = Math.floor(slots / 2);
  const run = {
    type: "run",
    version: 1,
    startSlot: FIRST,
    endSlot: FIRST + slots - 1,
    programs: [PROGRAM],
    streams: ["transaction"],
  };
  let text = `${JSON.stringify(run)}\n`;
  if (ORDER === "parallel") {
    text += `${JSON.stringify({ type: "session", sessionId: "a", startSlot: FIRST, endSlot: FIRST + half - 1 })}\n`;
    text += `${JSON.stringify({ type: "session", sessionId: "b", startSlot: FIRST + half, endSlot: FIRST + slots - 1 })}\n`;
  }
  for (const slot of slotsOf(isB)) {
    for (let index = 0; index < PER_SLOT; index++) {
      const number = slot * PER_SLOT + index;
      // Omits every 50th transaction from record B.
      if (!isB || number % 50 !== 1) text += line(number, FIRST + slot, index, isB);
    }
    if (text.length < 256 * 1024) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(`${text}{"type":"completed"}\n{"type":"completed"}\n`);
}

const started = performance.now();
const { summary } = await compareRuns(
  () => source(false),
  () => source(true),
);
const { counts, same, a, b } = summary;
console.log(
  JSON.stringify({
    transactions: a.transactions,
    ofB: b.transactions,
    same,
    counts,
    residentMB: Math.round(peakResident() / 1024),
    seconds: Math.round((performance.now() - started) / 1000),
  }),
);
