import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SeededRandom } from "../simulation/seeded-random.js";
import { checkBinary, checkText } from "./decoder-checks.js";
import { FrameMutator } from "./frame-mutator.js";
import { type Corpus, readCorpus } from "./fuzz-corpus.js";
import { runWorld, type Tampering } from "./fuzz-world.js";
import { fuzzSimulator, VALID_CALLS } from "./simulator-fuzz.js";

/** The share of `--frames` for each part: the decoders alone, binary frames, and whole sessions. */
const SHARES = { decoders: 0.5, binary: 0.05, sessions: 0.45 };
const BINARY_LIMIT = 1024 * 1024;
/** Number of binary frames per connection. */
const BINARY_FRAMES = 4;
const MAX_PROBLEMS = 5;

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    requests: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    /** Runs only the session with this number. Each reported problem contains the number of its session. */
    world: { type: "string" },
    forged: { type: "boolean", default: false },
    /** The file for the numbers of passed and failed parts, which scripts/tally.mjs reads. */
    report: { type: "string" },
  },
});

const seed = Number(values.seed);
let current = "";
process.on("uncaughtException", (error) => {
  console.log(`seed ${seed}: an exception was not caught${current}\n  ${error.stack}`);
  process.exit(1);
});
process.on("unhandledRejection", (error) => {
  console.log(`seed ${seed}: a rejection was not handled${current}\n  ${(error as Error)?.stack ?? error}`);
  process.exit(1);
});

const corpus = await readCorpus();
if (values.world !== undefined) await replay(Number(values.world));
else await fuzz(Number(values.frames), Number(values.requests));

async function replay(world: number): Promise<void> {
  const tampering: Tampering = values.forged ? "forged" : "damage";
  const { problems, mutated } = await runWorld(world, mutatorOf(world), tampering);
  console.log(`world ${world}, ${tampering}: ${mutated} mutated frames\n${problems.join("\n") || "right"}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

function mutatorOf(world: number): FrameMutator {
  return new FrameMutator(new SeededRandom(`world ${world}`), corpus.inbound);
}

async function fuzz(frames: number, requests: number): Promise<void> {
  console.log(`seed ${seed}: ${corpus.inbound.length} valid frames, ${corpus.outbound.length} valid requests`);
  const parts: [name: string, count: number, run: (count: number) => string[] | Promise<string[]>][] = [
    ["frames to the decoders", frames * SHARES.decoders, fuzzDecoders],
    ["binary frames to the decoder", frames * SHARES.binary, (count) => fuzzBinary(count, corpus)],
    ["frames to sessions", frames * SHARES.sessions, fuzzSessions],
    ["requests to the local simulator", requests, fuzzServer],
  ];
  let failed = 0;
  for (const [name, count, run] of parts) {
    const begin = performance.now();
    const problems = await run(Math.ceil(count));
    const seconds = (performance.now() - begin) / 1000;
    const memory = Math.round(process.memoryUsage().rss / 1024 ** 2);
    console.log(
      `${Math.ceil(count)} mutated ${name}: ${problems.length === 0 ? "right" : "WRONG"}, ${seconds.toFixed(1)} s, ${memory} MiB`,
    );
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length > 0) failed++;
  }
  if (failed > 0) console.log(`  repeat it:  npm run fuzz -- --seed ${seed} --frames ${frames} --requests ${requests}`);
  if (values.report !== undefined)
    writeFileSync(values.report, JSON.stringify([{ suite: "fuzz", passed: parts.length - failed, failed }]));
  process.exitCode = failed === 0 ? 0 : 1;
}

function fuzzDecoders(count: number): string[] {
  const mutator = new FrameMutator(new SeededRandom(`decoders ${seed}`), corpus.inbound);
  const problems = new Map<string, string>();
  for (let index = 0; index < count && problems.size < MAX_PROBLEMS; index++) {
    const text = mutator.mutate();
    const problem = checkText(text);
    if (problem !== undefined && !problems.has(problem))
      problems.set(problem, `${problem}\n    ${JSON.stringify(text.slice(0, 1_500))}`);
  }
  return [...problems.values()];
}

function fuzzBinary(count: number, { compressed, inbound }: Corpus): string[] {
  const random = new SeededRandom(`binary ${seed}`);
  const mutator = new FrameMutator(random, inbound);
  const problems = new Map<string, string>();
  for (let index = 0; index < count && problems.size < MAX_PROBLEMS; index += BINARY_FRAMES) {
    const from = random.chance(0.5) ? 0 : random.int(0, compressed.length - 1);
    const damagedAt = random.int(0, BINARY_FRAMES - 1);
    const frames = Array.from({ length: BINARY_FRAMES }, (_, at) => {
      const frame = compressed[(from + at) % compressed.length] as Uint8Array;
      return at >= damagedAt ? mutator.mutateBytes(frame) : frame;
    });
    const problem = checkBinary(frames, BINARY_LIMIT);
    if (problem !== undefined) problems.set(problem, `${problem}\n    frames from ${from}, number ${index}`);
  }
  return [...problems.values()];
}

async function fuzzSessions(count: number): Promise<string[]> {
  const problems: string[] = [];
  let mutated = 0;
  let worlds = 0;
  for (let world = seed * 1_000_000; mutated < count && problems.length < MAX_PROBLEMS; world++, worlds++) {
    for (const tampering of ["damage", "forged"] as const) {
      current = `, world ${world}, ${tampering}: npm run fuzz -- --world ${world}${tampering === "forged" ? " --forged" : ""}`;
      const result = await runWorld(world, mutatorOf(world), tampering);
      mutated += result.mutated;
      problems.push(
        ...result.problems
          .slice(0, 2)
          .map((problem) => `${problem}\n    npm run fuzz -- --world ${world}${tampering === "forged" ? " --forged" : ""}`),
      );
    }
  }
  current = "";
  console.log(`  ${worlds * 2} sessions`);
  return problems;
}

function fuzzServer(count: number): Promise<string[]> {
  const random = new SeededRandom(`requests ${seed}`);
  const requests = corpus.outbound.filter((text) => !text.includes('"jsonrpc"'));
  return fuzzSimulator(
    count,
    random,
    new FrameMutator(random.fork("calls"), VALID_CALLS),
    new FrameMutator(random.fork("control"), requests),
  );
}
