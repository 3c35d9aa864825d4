import { transactionSignature } from "simulator-client";
import { type AnySession, type EventOf, useTransactions } from "simulator-client/react";

const LIMIT = 12;
const formatter = new Intl.NumberFormat("en");

/** The newest transactions of a program, newest first. */
export function Transactions({ session, program }: { session: AnySession | undefined; program: string }) {
  const { events, dropped } = useTransactions(session, [program], { limit: LIMIT });
  // Numbers the received events from 1. An event keeps its number when older events are dropped.
  const numbered = events.map((event, index) => ({ number: dropped + index + 1, event }));
  return (
    <section className="panel" aria-labelledby="transactions">
      <h2 id="transactions">Transactions</h2>
      {events.length === 0 ? (
        <p className="note">None yet</p>
      ) : (
        <>
          <p className="note">
            {formatter.format(dropped + events.length)} received, showing the last {events.length}
          </p>
          <table>
            <thead>
              <tr>
                <th scope="col" className="slot">
                  Slot
                </th>
                <th scope="col">Signature</th>
                <th scope="col" className="outcome">
                  Outcome
                </th>
                <th scope="col" className="number">
                  Units
                </th>
              </tr>
            </thead>
            <tbody>
              {numbered.reverse().map(({ number, event }) => (
                <Transaction key={number} event={event} />
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}

function Transaction({ event: { transaction } }: { event: EventOf<"transaction"> }) {
  const { slot, meta } = transaction;
  const units = meta?.computeUnitsConsumed;
  return (
    <tr>
      <td>{formatter.format(slot)}</td>
      <td className="signature">{transactionSignature(transaction) ?? "–"}</td>
      <td>{meta?.err == null ? "ok" : "failed"}</td>
      <td className="number">{units === undefined ? "–" : formatter.format(units)}</td>
    </tr>
  );
}
