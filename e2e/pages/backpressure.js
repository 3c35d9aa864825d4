// A page with a slow consumer. The page posts its result to the URL in `?report=`.
import { BacktestClient } from "./dist/browser.js";
import { consumeSlowly } from "./slow-consumer.js";

const query = new URL(location.href).searchParams;
const report = (result) => fetch(query.get("report"), { method: "POST", mode: "no-cors", body: JSON.stringify(result) });
addEventListener("error", ({ message }) => report({ failed: message }));
addEventListener("unhandledrejection", ({ reason }) => report({ failed: String(reason?.stack ?? reason) }));

const client = new BacktestClient({ url: query.get("url"), compression: "none" });
const found = await consumeSlowly(client, JSON.parse(query.get("run")), Number(query.get("mark")));
await client.close();
await report(found);
