const { transactionSignature } = require("simulator-client");

/** A strategy: collects the successful transactions of a program, up to a number of slots after the first one. */
async function collectSuccessful(session, program, slotCount) {
  const signatures = [];
  let firstSlot;
  session.subscribeTransactions([program]);
  for await (const event of session.run()) {
    if (event.type !== "transaction" || event.transaction.meta?.err != null) continue;
    firstSlot ??= event.transaction.slot;
    if (event.transaction.slot >= firstSlot + BigInt(slotCount)) break;
    signatures.push(transactionSignature(event.transaction));
  }
  return signatures;
}

module.exports = { collectSuccessful };
