import { SimulatorError } from "../../protocol/simulator-error.js";
import type { FleetSinkPlan } from "../plan/fleet-plan.js";
import type { SinkStore } from "./sink-store.js";

/** @throws SimulatorError `unsupported` */
export async function openS3Store({ bucket }: Extract<FleetSinkPlan, { kind: "s3" }>): Promise<SinkStore> {
  throw new SimulatorError("unsupported", `the sink s3 (${bucket}) is not supported yet; use a folder`);
}
