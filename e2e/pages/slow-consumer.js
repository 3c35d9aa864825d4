// A consumer that is far slower than its server, for pages and Node.js. Reports the received events and the number of buffered events.

/** Returns a function that waits for one turn of the event loop. */
export function eventLoopTurns() {
  const { port1, port2 } = new MessageChannel();
  let wake = () => {};
  port1.onmessage = () => wake();
  return {
    turn: () =>
      new Promise((resolve) => {
        wake = resolve;
        port2.postMessage(0);
      }),
    stop: () => port1.close(),
  };
}

/** Waits until the event queue is full, and sends a continue request. Then reads one event per turn of the event loop. */
export async function consumeSlowly(client, { startSlot, slots, program }, mark) {
  const { turn, stop } = eventLoopTurns();
  const session = await client.startSession({ startSlot, slotCount: slots });
  session.subscribeAccountDiffs([program]);
  while (session.diagnostics.queueLength < mark) await turn();
  await session.continue();
  const found = { diffs: 0, control: [], wrong: [], mostBuffered: 0, mostUnread: 0, end: "" };
  for await (const event of session) {
    // The queue is longest directly before a read, because only reads shorten the queue.
    const { queueLength, frames } = session.diagnostics;
    found.mostBuffered = Math.max(found.mostBuffered, queueLength + 1);
    found.mostUnread = Math.max(found.mostUnread, frames - found.diffs);
    if (event.type === "accountDiff") {
      const { signature, post } = event.diff;
      if (signature !== String(found.diffs) || post.lamports !== BigInt(found.diffs)) found.wrong.push(signature);
      found.diffs++;
    } else {
      found.control.push(event.type);
    }
    await turn();
  }
  found.end = (await session.closed).reason;
  stop();
  const { duplicatesDropped, reconnects, losses } = session.diagnostics;
  return { ...found, wrong: found.wrong.slice(0, 5), duplicatesDropped, reconnects, losses };
}
