import { describeForms } from "./fault-spec.js";

/** Faults that occur in practice. The titles describe what a user would see. */
const REHEARSALS: readonly { title: string; faults: readonly string[]; effect: string }[] = [
  { title: "A redeploy", faults: ["close=1012"], effect: "closes all connections with code 1012; sessions stay open" },
  { title: "A cut link", faults: ["drop"], effect: "resets all connections without a close frame" },
  { title: "A dead link", faults: ["halfOpen"], effect: "all connections stay open, but nothing arrives" },
  { title: "A dead stream", faults: ["halfOpen:subscription"], effect: "the same, for subscriptions only" },
  { title: "A slow reader", faults: ["slow=20000"], effect: "sends 20 kB/s until it is cleared" },
  { title: "High latency", faults: ["delay=200"], effect: "delays each frame by 200 ms until it is cleared" },
  { title: "A cut frame", faults: ["cutFrame"], effect: "resets each connection in the middle of its next frame" },
  { title: "A damaged frame", faults: ["corruptFrame"], effect: "damages the next frame of each connection" },
  {
    title: "A slow handover",
    faults: ["busyOwner=3", "close=1012:control"],
    effect: "a redeploy after which three attaches are refused as busy",
  },
  {
    title: "A refused key",
    faults: ["refuseAuth", "drop:control"],
    effect: "resets the control channel and refuses its key once",
  },
  { title: "An overload", faults: ["refuseUpgrade=503x5", "drop"], effect: "resets all connections and refuses five with 503" },
];

/** The page loads nothing from other servers, connects only to its own server, and cannot be framed. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Builds the page. @param url address of the simulator */
export function faultPage(url: string): string {
  const buttons = REHEARSALS.map(
    ({ title, faults, effect }) =>
      `<li><button type="button" data-faults="${escapeHtml(JSON.stringify(faults))}">${escapeHtml(title)}</button><p>${escapeHtml(effect)}</p><code>${escapeHtml(faults.join(" "))}</code></li>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inject faults</title>
<link rel="stylesheet" href="/faults.css">
<main>
<h1>Inject faults</h1>
<p>A fault affects the connections of <code>${escapeHtml(url)}</code>. Watch how your client recovers.</p>
<ul>
${buttons.join("\n")}
</ul>
<form>
<label for="fault">Another fault, written as for <code>--fault</code></label>
<div><input id="fault" name="fault" placeholder="drop@slot:300000100" autocomplete="off" spellcheck="false" required> <button>Inject</button>
<button type="button" id="clear">Clear all faults</button></div>
</form>
<details><summary>Notation</summary><pre tabindex="0">${escapeHtml(describeForms().join("\n"))}

A fault may be followed by @slot:N (when a session has executed slot N)
or @frames:N (after N more frames), and by :control or :subscription,
to affect only these connections.</pre></details>
</main>
<aside>
<h2>Times each took effect</h2>
<table><tbody id="counts"></tbody></table>
</aside>
<p id="message" role="status"></p>
<script type="module" src="/faults.js"></script>
</html>
`;
}

export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f5f6f8, #14161a); --card: light-dark(#fff, #1d2026); --line: light-dark(#d4d8de, #363b45);
  --text: light-dark(#1b1f26, #e6e8ec); --soft: light-dark(#596170, #9fa7b4); --strong: light-dark(#0b57d0, #8ab4f8);
  --failed: light-dark(#b3261e, #f2b8b5);
  font: 16px/1.5 system-ui, sans-serif; background: var(--ground); color: var(--text);
}
* { box-sizing: border-box; }
body { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 9rem; display: grid; gap: 1.5rem 2.5rem; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; }
h2 { margin: 0 0 0.5rem; font-size: 1rem; }
main > p { margin: 0.4rem 0 1.2rem; color: var(--soft); }
ul { list-style: none; margin: 0 0 1.5rem; padding: 0; display: grid; gap: 0.75rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }
li, form, aside { background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.8rem; }
li { display: flex; flex-direction: column; gap: 0.4rem; }
li p { margin: 0; flex: 1; font-size: 0.9rem; }
button { font: inherit; font-weight: 600; color: var(--strong); background: transparent; border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.4rem 0.8rem; cursor: pointer; }
button:hover { border-color: var(--strong); }
:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; }
form { display: grid; gap: 0.5rem; }
form div { display: flex; flex-wrap: wrap; gap: 0.5rem; }
input { font: 0.9rem ui-monospace, monospace; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.4rem 0.6rem; flex: 1 1 14rem; min-width: 0; }
::placeholder { color: var(--soft); opacity: 1; }
code, pre { font: 0.85rem/1.5 ui-monospace, monospace; }
li code, main > p code { color: var(--soft); overflow-wrap: anywhere; }
details { margin-top: 1rem; }
summary { cursor: pointer; }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.8rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
td { padding: 0.2rem 0; border-top: 1px solid var(--line); }
td + td { text-align: right; }
tr:first-child td { border-top: 0; }
#message { position: fixed; inset: auto 0 0; margin: 0; padding: 0.8rem 1rem; background: var(--card); border-top: 1px solid var(--line); text-align: center; overflow-wrap: anywhere; }
#message:empty { padding: 0; border: 0; }
#message.failed { color: var(--failed); }
@media (min-width: 60rem) {
  body { grid-template-columns: 1fr 17rem; align-items: start; padding-top: 2.5rem; }
  aside { position: sticky; top: 2.5rem; }
}
`;

export const PAGE_SCRIPT = `const message = document.getElementById("message");
const counts = document.getElementById("counts");

/** Sends orders one after the other until one is refused, and shows the results. */
async function send(...orders) {
  const texts = [];
  for (const order of orders) {
    const headers = { "content-type": "application/json" };
    const response = await fetch("/faults", { method: "POST", headers, body: JSON.stringify(order) }).catch(() => undefined);
    if (response === undefined) return report("The simulator has stopped.", true);
    const answer = await response.json();
    if (!response.ok) return report(answer.error, true);
    texts.push(answer.message);
    show(answer.counts);
  }
  report(texts.join("; "), false);
}

function report(text, hasFailed) {
  message.textContent = text;
  message.className = hasFailed ? "failed" : "";
}

function show(all) {
  counts.replaceChildren(...Object.entries(all).map(([name, count]) => {
    const row = document.createElement("tr");
    row.append(...[name, count].map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    return row;
  }));
}

for (const button of document.querySelectorAll("button[data-faults]")) {
  button.addEventListener("click", () => send(...JSON.parse(button.dataset.faults).map((fault) => ({ fault }))));
}
document.getElementById("clear").addEventListener("click", () => send({ clear: true }));
document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  send({ fault: new FormData(event.target).get("fault") });
});

async function poll() {
  const response = await fetch("/faults", { headers: { accept: "application/json" } }).catch(() => undefined);
  if (response?.ok) show((await response.json()).counts);
}
await poll();
setInterval(poll, 1000);
`;
