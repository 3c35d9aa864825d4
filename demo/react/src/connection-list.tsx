import type { ConnectionStatus } from "simulator-client";
import { type AnySession, useConnectionStatus } from "simulator-client/react";
import { useNow } from "./use-now.js";

/** The connections of the session, with a countdown to the next attempt. */
export function Connections({ session }: { session: AnySession | undefined }) {
  const { control, subscriptions } = useConnectionStatus(session);
  return (
    <section className="panel" aria-labelledby="connections">
      <h2 id="connections">Connections</h2>
      {control === undefined ? (
        <p className="note">None yet</p>
      ) : (
        <ul className="connections">
          <Connection name="control" status={control} />
          {subscriptions.map(({ kind, filters, status }) => (
            <Connection key={`${kind} ${filters.join()}`} name={kind} status={status} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Connection({ name, status }: { name: string; status: ConnectionStatus }) {
  return (
    <li>
      <span className={`dot ${status.state}`} aria-hidden="true" />
      <span className="name">{name}</span>
      <span>
        {describeConnection(status)}
        {status.state === "down" && status.retryAt !== undefined && <Countdown until={status.retryAt} />}
      </span>
    </li>
  );
}

function Countdown({ until }: { until: number }) {
  const left = Math.max(0, until - useNow());
  return <>, next attempt in {(left / 1_000).toFixed(1)} s</>;
}

/** Describes the status of a connection. */
export function describeConnection(status: ConnectionStatus): string {
  switch (status.state) {
    case "up":
      return "connected";
    case "failed":
      return `failed: ${status.reason}`;
    case "closed":
      return "closed";
    case "down":
      return DOWN[status.phase] + (status.reason === undefined ? "" : ` (${status.reason})`);
  }
}

const DOWN: Record<Extract<ConnectionStatus, { state: "down" }>["phase"], string> = {
  connecting: "connecting",
  handshaking: "connected, attaching",
  backingOff: "lost",
  parked: "lost, waiting for other connections",
  suspended: "suspended with the page",
};
