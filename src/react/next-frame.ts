/** After so long a task runs even if no frame has come: none does in a page that is hidden or covered. */
const WITHOUT_FRAMES_MS = 100;

const tasks = new Set<() => void>();
let cancel: (() => void) | undefined;

/** Runs a task once with the next frame, together with all others that wait for it: React then renders once for all of them. */
export function onNextFrame(task: () => void): void {
  tasks.add(task);
  cancel ??= requestFrame(flushFrame);
}

/** Nobody waits for it any more. */
export function cancelNextFrame(task: () => void): void {
  tasks.delete(task);
}

/** Runs now what waits for the next frame. */
export function flushFrame(): void {
  cancel?.();
  cancel = undefined;
  const due = [...tasks];
  tasks.clear();
  for (const task of due) task();
}

function requestFrame(callback: () => void): () => void {
  const timer = setTimeout(callback, WITHOUT_FRAMES_MS);
  const frame = globalThis.requestAnimationFrame?.(callback);
  return () => {
    clearTimeout(timer);
    if (frame !== undefined) cancelAnimationFrame(frame);
  };
}
