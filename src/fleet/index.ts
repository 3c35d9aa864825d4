export { type CreateFleetOptions, createFleet, Fleet, type OpenFleetOptions, openFleet } from "./fleet.js";
export type { FleetConnection } from "./fleet-connection.js";
export type { FleetEvents } from "./fleet-events.js";
export type { FleetReport, VariantComparison } from "./fleet-report.js";
export type { FleetStatus, JobStatus } from "./fleet-status.js";
export { type FleetWorkerOptions, startFleetWorker } from "./fleet-worker.js";
export type { JobFailure, JobProgress, JobResult } from "./jobs/job-end.js";
export type { JobState } from "./jobs/job-manifest.js";
export type { SimulatorOptions } from "./jobs/job-session.js";
export type { Strategy, StrategyContext } from "./jobs/strategy.js";
export type { DefinedVariant, FleetDefinition, FleetJob } from "./plan/fleet-definition.js";
export type {
  FleetPlan,
  FleetRange,
  FleetSession,
  FleetSinkPlan,
  FleetSubscription,
  FleetVariant,
  SplitFleetRange,
} from "./plan/fleet-plan.js";
export type { StartLimit } from "./queue/start-limiter.js";
export type { FleetWorker, FleetWorkerEvents } from "./worker-events.js";
