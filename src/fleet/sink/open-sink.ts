import type { FleetSinkPlan } from "../plan/fleet-plan.js";
import { FolderStore } from "./folder-store.js";
import { openS3Store } from "./s3-store.js";
import type { SinkStore } from "./sink-store.js";

/**
 * Opens the sink of a plan.
 *
 * @throws SimulatorError `unsupported` if the package of the sink is not installed
 */
export async function openSink(plan: FleetSinkPlan): Promise<SinkStore> {
  return plan.kind === "folder" ? new FolderStore(plan.folder) : openS3Store(plan);
}
