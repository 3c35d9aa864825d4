import * as installed from "@grpc/grpc-js";
import { describe, expectTypeOf, test } from "vitest";
import {
  type GeyserEvent,
  type GeyserFilters,
  type GeyserOptions,
  type GeyserSubscription,
  type GrpcModule,
  subscribeGeyser,
} from "../../src/geyser/index.js";
import type { ManagedBacktestSession, ObservedSession, ParallelSubSession } from "../../src/index.js";

declare const session: ManagedBacktestSession;
declare const subSession: ParallelSubSession;
declare const observed: ObservedSession;
declare const stream: GeyserSubscription;

describe("geyser", () => {
  test("subscribeGeyser accepts every kind of session", () => {
    const filters: GeyserFilters = { accounts: { a: { filters: [{ memcmp: { offset: 0, base58: "1" } }] } } };
    expectTypeOf(subscribeGeyser(session, filters)).toEqualTypeOf<GeyserSubscription>();
    expectTypeOf(subscribeGeyser).toBeCallableWith(subSession, filters, { commitment: "confirmed" });
    expectTypeOf(subscribeGeyser).toBeCallableWith(observed, filters, { fromSlot: 1n });
    // @ts-expect-error a filter of another name
    expectTypeOf(subscribeGeyser).toBeCallableWith(session, { account: {} });
  });

  test("the option `grpc` accepts the package @grpc/grpc-js", () => {
    expectTypeOf<GeyserOptions["grpc"]>().toEqualTypeOf<GrpcModule | undefined>();
    expectTypeOf(installed).toExtend<GrpcModule>();
  });

  test("a Geyser event is narrowed by its type, and its 64-bit integers are bigint", async () => {
    for await (const event of stream) {
      expectTypeOf(event).toEqualTypeOf<GeyserEvent>();
      if (event.type === "account") expectTypeOf(event.account.lamports).toEqualTypeOf<bigint>();
      if (event.type === "transaction") expectTypeOf(event.transaction.meta?.preBalances).toEqualTypeOf<bigint[] | undefined>();
      if (event.type === "slot") expectTypeOf(event.slot).toEqualTypeOf<bigint>();
      if (event.type === "continuity" && event.kind === "gap") expectTypeOf(event.expected).toEqualTypeOf<bigint>();
    }
    stream.on("blockMeta", (event) => expectTypeOf(event.blockTime).toEqualTypeOf<bigint | undefined>());
    expectTypeOf(stream.closed).resolves.toHaveProperty("reason");
  });
});
