import type { ReactNode } from "react";
import type { BacktestClient } from "../../src/client/backtest-client.js";
import { type BacktestSessionState, type UseBacktestSessionOptions, useBacktestSession } from "../../src/react/index.js";
import type { SessionCheckpoint } from "../../src/session/checkpoint/session-checkpoint.js";
import type { CreateSession } from "../../src/session/create-options.js";
import { Shown, START, type Watch } from "./react-harness.js";

export const CREATE: CreateSession = { startSlot: START, endSlot: START + 20n };

interface SessionProps extends UseBacktestSessionOptions {
  client?: BacktestClient | null;
  create?: CreateSession | SessionCheckpoint | null;
  watch: Watch<BacktestSessionState>;
  children?: ReactNode;
}

/** Starts a session, and records its states. */
export function Session({ client, create = CREATE, watch, children, ...options }: SessionProps) {
  const value = useBacktestSession(client, create, options);
  return (
    <>
      <Shown value={value} watch={watch} />
      {children}
    </>
  );
}

export const is = (state: BacktestSessionState["state"]) => (value: BacktestSessionState) => value.state === state;
export const methodsOf = (record: { requests: readonly { method: string }[] } | undefined) =>
  record?.requests.map(({ method }) => method);
export const isClosed = (open: number): boolean => open === 0;
