// A page whose session brings more than it can take.
import { BacktestClient } from "./dist/browser.js";
import { takeSlowly } from "./take-slowly.js";

const asked = new URL(location.href).searchParams;
const tell = (what) => fetch(asked.get("tell"), { method: "POST", mode: "no-cors", body: JSON.stringify(what) });
addEventListener("error", ({ message }) => tell({ failed: message }));
addEventListener("unhandledrejection", ({ reason }) => tell({ failed: String(reason?.stack ?? reason) }));

const client = new BacktestClient({ url: asked.get("url"), compression: "none" });
const found = await takeSlowly(client, JSON.parse(asked.get("run")), Number(asked.get("mark")));
await client.close();
await tell(found);
