import type { ConnectionOptions } from "bullmq";
import type { Redis } from "ioredis";
import { importOptionalPeer } from "../../local/engine/litesvm/import-optional-peer.js";
import { reconnectDelay, unsupportedRedis } from "./bullmq.js";

type RedisClass = new (url: string, options: object) => Redis;

/** Loads ioredis, which is an optional peer dependency. @throws SimulatorError `unsupported` if it is not installed */
async function loadRedis(): Promise<RedisClass> {
  try {
    return ((await importOptionalPeer("ioredis")) as { Redis: RedisClass }).Redis;
  } catch (cause) {
    throw unsupportedRedis(cause);
  }
}

/**
 * All connections to Redis of one worker or one fleet, including the copies that BullMQ creates. If Redis is not reachable,
 * BullMQ waits for Redis before it closes a connection. `disconnect` does not wait, so that the process can end.
 */
export class RedisClients {
  readonly #clients = new Set<Redis>();
  readonly #first: Redis;
  #isClosed = false;
  /** The connection for BullMQ. Commands wait while this connection is down. */
  readonly connection: ConnectionOptions;

  private constructor(RedisClient: RedisClass, url: string) {
    const client = new RedisClient(url, {
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => reconnectDelay(times, Math.random),
    });
    this.#first = this.#track(client);
    this.connection = this.#first as unknown as ConnectionOptions;
  }

  /** @throws SimulatorError `unsupported` if ioredis is not installed */
  static async open(url: string): Promise<RedisClients> {
    return new RedisClients(await loadRedis(), url);
  }

  /** Returns the time of the Redis server, in ms since 1970. The ids of events in Redis start with this time. */
  async serverTime(): Promise<number> {
    const [seconds, microseconds] = await this.#first.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  /** Closes all connections, in any state, without waiting for Redis. Pending commands fail. */
  disconnect(): void {
    this.#isClosed = true;
    for (const client of this.#clients) {
      // In the state `reconnecting`, `disconnect` would not reject the pending commands. `connect` ends this state.
      if (client.status === "reconnecting") client.connect().catch(() => {});
      client.disconnect();
    }
  }

  #track(client: Redis): Redis {
    // ioredis prints errors of a client without a listener. This listener stays when BullMQ removes its own listeners.
    client.on("error", () => {});
    this.#clients.add(client);
    const duplicate = client.duplicate.bind(client);
    client.duplicate = (override) => this.#track(duplicate(override));
    if (this.#isClosed) client.disconnect();
    return client;
  }
}
