import { type AnySession, useSlotProgress } from "simulator-client/react";

const formatter = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Progress of the session, and the remaining time. */
export function Progress({ session }: { session: AnySession | undefined }) {
  const { done, total, fraction, slot, slotsPerSecond, completed } = useSlotProgress(session);
  const secondsLeft = Number(total - done) / slotsPerSecond;
  return (
    <div className="progress">
      <progress aria-label="Processed slots" value={fraction} max={1} />
      <dl className="facts">
        <Fact name="Slots" value={session ? `${formatter.format(done)} of ${formatter.format(total)}` : "–"} />
        <Fact name="Last slot" value={slot === undefined ? "–" : formatter.format(slot)} />
        <Fact name="Slots per second" value={slotsPerSecond > 0 ? formatter.format(slotsPerSecond) : "–"} />
        <Fact name="Time left" value={completed || !Number.isFinite(secondsLeft) ? "–" : `${formatter.format(secondsLeft)} s`} />
      </dl>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
