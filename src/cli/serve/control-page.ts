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
      `<li><button type="button" data-faults="${escapeHtml(JSON.stringify(faults))}">${escapeHtml(title)}</button> <span>${escapeHtml(tells)}</span> <code>${escapeHtml(faults.join(" "))}</code></li>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Faults to rehearse</title>
<link rel="stylesheet" href="/faults.css">
<h1>Faults to rehearse</h1>
<p>They strike the connections of <code>${escapeHtml(url)}</code>.</p>
<ul>
${buttons.join("\n")}
</ul>
<form>
<label>Any other, written as for <code>--fault</code>: <input name="fault" placeholder="drop@slot:300000100" autocomplete="off" required></label>
<button>Strike</button> <button type="button" id="clear">Clear all that stands or is to come</button>
</form>
<details><summary>What there is</summary><pre>${escapeHtml(describeForms().join("\n"))}

Behind it: @slot:N, when a session has executed that slot; @frames:N, when so many more frames were sent;
and :control or :subscription, to strike these connections alone.</pre></details>
<p id="told" role="status"></p>
<table><caption>How often each took effect</caption><tbody id="counts"></tbody></table>
<script type="module" src="/faults.js"></script>
</html>
`;
}

export const PAGE_STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
ul { list-style: none; padding: 0; }
li { margin: 0.4rem 0; }
button { font: inherit; padding: 0.2rem 0.7rem; }
li button { min-width: 10rem; }
input { font: inherit; width: 18rem; }
code, pre { font-size: 0.85em; }
#told.failed { color: #c22; }
td { padding-right: 2rem; }
td + td { text-align: right; }
`;

export const PAGE_SCRIPT = `const told = document.getElementById("told");
const counts = document.getElementById("counts");

async function send(order) {
  const headers = { "content-type": "application/json" };
  const response = await fetch("/faults", { method: "POST", headers, body: JSON.stringify(order) }).catch((error) => ({ error }));
  if (response.error) return tell("the simulator is gone", true);
  const answer = await response.json();
  if (!response.ok) return tell(answer.error, true);
  tell(order.clear ? "cleared" : (order.fault + ": " + answer.struck + " connections struck"), false);
  show(answer.counts);
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
  button.addEventListener("click", async () => {
    for (const fault of JSON.parse(button.dataset.faults)) await send({ fault });
  });
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
