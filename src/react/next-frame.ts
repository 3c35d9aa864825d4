/** A hidden page has no animation frames. A timer then runs the tasks after this time, in ms. */
const WITHOUT_FRAMES_MS = 100;

const tasks = new Set<() => void>();
let cancel: (() => void) | undefined;

/** Runs a task once in the next animation frame. All tasks run together, so that React renders only once. */
export function onNextFrame(task: () => void): void {
  tasks.add(task);
  cancel ??= requestFrame(flushFrame);
}

/** Cancels a task. */
export function cancelNextFrame(task: () => void): void {
  tasks.delete(task);
}

/** Immediately runs all tasks that wait for the next frame. */
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
