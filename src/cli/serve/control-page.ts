import { describeForms } from "./fault-spec.js";

/** What users rehearse most, by what happens to them and not by what it is made of. */
const REHEARSALS: readonly { title: string; faults: readonly string[]; tells: string }[] = [
  { title: "A redeploy", faults: ["close=1012"], tells: "all connections are closed with 1012; sessions live on" },
  { title: "A cut link", faults: ["drop"], tells: "all connections end without a word" },
  { title: "A dead link", faults: ["halfOpen"], tells: "all connections fall silent and stay open" },
  { title: "A dead stream", faults: ["halfOpen:subscription"], tells: "the same, of subscriptions alone" },
  { title: "A slow reader", faults: ["slow=20000"], tells: "20 kB/s leave, until it is cleared" },
  { title: "A long way", faults: ["delay=200"], tells: "each frame leaves 200 ms later, until it is cleared" },
  { title: "A cut frame", faults: ["cutFrame"], tells: "the next frame of each connection is cut in two" },
  { title: "A damaged frame", faults: ["corruptFrame"], tells: "the next frame of each connection can't be read" },
  {
    title: "A slow handover",
    faults: ["busyOwner=3", "close=1012:control"],
    tells: "a redeploy, and three attaches find the session held",
  },
  {
    title: "A refused key",
    faults: ["refuseAuth", "drop:control"],
    tells: "the control channel is cut, and its key refused once",
  },
  { title: "An overload", faults: ["refuseUpgrade=503x5", "drop"], tells: "all connections are cut, and five refused with 503" },
];

/** The page loads nothing but itself, talks to nobody else, and is shown in no other page's frame. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** @param url where the simulator listens */
export function controlPage(url: string): string {
  const buttons = REHEARSALS.map(
    ({ title, faults, tells }) =>
      `<li><button type="button" data-faults="${escapeHtml(JSON.stringify(faults))}">${escapeHtml(title)}</button><p>${escapeHtml(tells)}</p><code>${escapeHtml(faults.join(" "))}</code></li>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Faults to rehearse</title>
<link rel="stylesheet" href="/faults.css">
<main>
<h1>Faults to rehearse</h1>
<p>They strike the connections of <code>${escapeHtml(url)}</code>, and the client has to cope.</p>
<ul>
${buttons.join("\n")}
</ul>
<form>
<label for="fault">Any other, written as for <code>--fault</code></label>
<div><input id="fault" name="fault" placeholder="drop@slot:300000100" autocomplete="off" spellcheck="false" required> <button>Strike</button>
<button type="button" id="clear">Clear what stands or is to come</button></div>
</form>
<details><summary>How they are written</summary><pre tabindex="0">${escapeHtml(describeForms().join("\n"))}

Behind it: @slot:N, once a session has executed that slot;
@frames:N, when so many more frames were sent; and
:control or :subscription, to strike these alone.</pre></details>
</main>
<aside>
<h2>How often each took effect</h2>
<table><tbody id="counts"></tbody></table>
</aside>
<p id="told" role="status"></p>
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
#told { position: fixed; inset: auto 0 0; margin: 0; padding: 0.8rem 1rem; background: var(--card); border-top: 1px solid var(--line); text-align: center; overflow-wrap: anywhere; }
#told:empty { padding: 0; border: 0; }
#told.failed { color: var(--failed); }
@media (min-width: 60rem) {
  body { grid-template-columns: 1fr 17rem; align-items: start; padding-top: 2.5rem; }
  aside { position: sticky; top: 2.5rem; }
}
`;

export const PAGE_SCRIPT = `const told = document.getElementById("told");
const counts = document.getElementById("counts");

/** Sends orders, one after the other, until one is refused; tells what came of them. */
async function send(...orders) {
  const texts = [];
  for (const order of orders) {
    const headers = { "content-type": "application/json" };
    const response = await fetch("/faults", { method: "POST", headers, body: JSON.stringify(order) }).catch(() => undefined);
    if (response === undefined) return tell("The simulator is gone.", true);
    const answer = await response.json();
    if (!response.ok) return tell(answer.error, true);
    texts.push(answer.told);
    show(answer.counts);
  }
  tell(texts.join("; "), false);
}

function tell(text, hasFailed) {
  told.textContent = text;
  told.className = hasFailed ? "failed" : "";
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
