// Functions that the e2e tests call in a page. Each function runs a session, and returns the outcome as plain data.
import { BacktestClient, transactionSignature } from "./dist/browser.js";
import { createLocalSimulator } from "./dist/browser-local.js";

const violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  violations.push(`${violatedDirective}: ${blockedURI}`);
});

const show = (id, text) => {
  document.getElementById(id).textContent = text;
};

/** Runs a session against a server, and returns the name of each event, in order. */
async function runOnServer({ client: options, create, programs }) {
  const client = new BacktestClient(options);
  const statuses = [];
  const delivered = { slot: [], transaction: [], accountDiff: [] };
  const others = [];
  let last;
  const session = await client.startSession(create, {
    onConnection: ({ channel, status }) => statuses.push(`${channel} ${status.state} ${status.phase ?? ""}`),
  });
  show("session", session.info.sessionId);
  const progress = { slot: 0n, reconnects: {} };
  window.progress = progress;
  session.on("connection", ({ channel, status }) => {
    statuses.push(`${channel} ${status.state} ${status.phase ?? ""}`);
    progress.reconnects = session.diagnostics.reconnects;
    show("connections", `${channel} is ${status.state}${status.phase === undefined ? "" : `, ${status.phase}`}`);
  });
  session.subscribeTransactions(programs);
  session.subscribeAccountDiffs(programs);
  for await (const event of session.run()) {
    last = event.type;
    switch (event.type) {
      case "slot":
        progress.slot = event.slot;
        delivered.slot.push(String(event.slot));
        show("slot", event.slot.toLocaleString("en"));
        break;
      case "transaction":
        delivered.transaction.push(transactionSignature(event.transaction));
        show("transactions", delivered.transaction.length.toLocaleString("en"));
        break;
      case "accountDiff": {
        const { account, signature, txIndex } = event.diff;
        delivered.accountDiff.push(`${account}|${signature}|${txIndex}`);
        show("diffs", delivered.accountDiff.length.toLocaleString("en"));
        break;
      }
      case "continuity":
        others.push(`${event.kind} ${event.channel ?? event.request}`);
        break;
      case "error":
      case "unrecognized":
        others.push(`${event.type} ${event.reason ?? event.error.kind}`);
        break;
    }
  }
  const { reason, error } = await session.closed;
  show("end", `${reason}, ${session.diagnostics.duplicatesDropped} duplicates dropped`);
  await client.close();
  return {
    sessionId: session.info.sessionId,
    delivered,
    others,
    last,
    end: error === undefined ? reason : `${reason}: ${error.message}`,
    statuses,
    diagnostics: session.diagnostics,
    violations,
  };
}

/** Runs a session against a simulator in this page. Also returns the events in the simulator's record. */
async function runInPage({ simulator: options, create, client, faults = [] }) {
  const simulator = createLocalSimulator(options);
  for (const { trigger, fault } of faults) simulator.faults.schedule(trigger, fault);
  const { url, WebSocket, fetch } = simulator;
  const outcome = await runOnServer({
    client: { ...client, url, WebSocket, fetch },
    create,
    programs: simulator.programs.slice(0, 1),
  });
  const record = simulator.record.session(outcome.sessionId);
  const [program] = simulator.programs;
  const expected = {
    slot: record.control.flatMap(({ response }) => (response.method === "slotNotification" ? [String(response.params)] : [])),
    transaction: record.notifications("transaction", program).map(({ key }) => key),
    accountDiff: record.notifications("accountDiff", program).map(({ key }) => key),
  };
  await simulator.close();
  return { ...outcome, expected, injected: { ...simulator.faults.counts } };
}

/** Starts a session that must fail, and returns its error. */
async function failToStart({ client: options, create }) {
  try {
    const client = new BacktestClient(options);
    await client.startSession(create);
    return { code: "started" };
  } catch (error) {
    return { code: error.code, message: error.message, shown: `${error}${error.stack}${JSON.stringify(error)}`, violations };
  }
}

window.e2e = { runOnServer, runInPage, failToStart };
