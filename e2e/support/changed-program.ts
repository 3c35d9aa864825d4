import { writeFileSync } from "node:fs";
import { BacktestClient } from "../../dist/index.js";
import { breakInstruction } from "../../test/support/broken-program.js";

/** Writes the code of the simulator's Token-2022 program to a file, with one broken instruction. */
export async function writeBrokenProgram(url: string, file: string): Promise<void> {
  const client = new BacktestClient({ url, logger: false });
  const session = await client.startSession({ startSlot: 300_000_000, slotCount: 5 });
  for await (const { type } of session) if (type === "readyForContinue") break;
  writeFileSync(file, await breakInstruction(session.info.rpcEndpoint));
  await session.shutdown();
  await client.close();
}
