// All tabs of the site show the same session, which runs in the service worker.
const status = document.querySelector("#status");

navigator.serviceWorker.addEventListener("message", ({ data: { done, total, isCompleted } }) => {
  status.textContent = isCompleted ? `completed: ${total} slots` : `${done} of ${total} slots`;
});
await navigator.serviceWorker.register("backtest-worker.js", { type: "module" });
const { active } = await navigator.serviceWorker.ready;
active.postMessage("show");
