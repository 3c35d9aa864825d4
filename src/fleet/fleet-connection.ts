import { invalidParams } from "../protocol/error-helpers.js";
import { refuseUnknownNames } from "../protocol/known-names.js";
import type { FleetSinkPlan } from "./plan/fleet-plan.js";

/** Where the jobs of a fleet are queued: in Redis, or in the folder of its records. */
export type FleetConnection =
  | {
      /** `redis://` or `rediss://` URL. Needs the packages `bullmq` and `ioredis`. */
      readonly redis: string;
      /**
       * Name of the BullMQ queue. Several fleets can share a queue. Use one queue per API key, because the limits of the service
       * apply to an API key.
       *
       * @default "simulator-fleets"
       */
      readonly queue?: string;
    }
  | {
      /** The folder of the fleet, for its records. Only one worker process can use the folder at a time. */
      readonly folder: string;
    };

export const DEFAULT_QUEUE = "simulator-fleets";

/** @throws SimulatorError `invalidParams` */
export function checkConnection(connection: unknown): FleetConnection {
  if (typeof connection !== "object" || connection === null) {
    throw invalidParams("connection", "expected { redis: URL } or { folder: PATH }");
  }
  refuseUnknownNames(connection, ["redis", "queue", "folder"], "member", "connection");
  const { redis, queue, folder } = connection as { redis?: unknown; queue?: unknown; folder?: unknown };
  if ((redis === undefined) === (folder === undefined)) {
    throw invalidParams("connection", "expected either redis or folder");
  }
  if (folder !== undefined) {
    if (typeof folder !== "string" || folder === "") throw invalidParams("connection.folder", "expected a path");
    if (queue !== undefined) throw invalidParams("connection.queue", "a folder has no queue");
    return { folder };
  }
  // The URL may contain a password, so the message does not contain the URL.
  if (typeof redis !== "string" || !/^rediss?:\/\//.test(redis) || !URL.canParse(redis)) {
    throw invalidParams("connection.redis", "expected a redis:// or rediss:// URL");
  }
  if (queue !== undefined && (typeof queue !== "string" || !/^[A-Za-z0-9_-]{1,80}$/.test(queue))) {
    throw invalidParams("connection.queue", "expected up to 80 letters, digits, - and _");
  }
  return { redis, ...(queue !== undefined && { queue }) };
}

/** Returns the sink of a fleet in a folder: its records are stored in the same folder. */
export function sinkOfFolder(folder: string): FleetSinkPlan {
  return { kind: "folder", folder };
}
