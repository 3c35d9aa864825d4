// A consumer that is far slower than its server, the same in a page and in Node: what it is given, and how much was held for it.

/** One turn of the event loop: a consumer that takes its time, without the 200 s that a millisecond an event would take. */
export function takeTurns() {
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

/** Waits with a full queue for its continue to be written, and then takes an event a turn. */
export async function takeSlowly(client, { startSlot, slots, program }, mark) {
  const { turn, stop } = takeTurns();
  const session = await client.startSession({ startSlot, slotCount: slots });
  session.subscribeAccountDiffs([program]);
  while (session.diagnostics.queueLength < mark) await turn();
  await session.continue();
  const found = { diffs: 0, control: [], wrong: [], mostHeld: 0, mostUnread: 0, end: "" };
  for await (const event of session) {
    // Only a take makes it less: just before one there was the most.
    const { queueLength, frames } = session.diagnostics;
    found.mostHeld = Math.max(found.mostHeld, queueLength + 1);
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
