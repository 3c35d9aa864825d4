/** Calls a user's listener. If the listener throws, the error becomes an uncaught error, and the delivery continues. */
export function callListener(call: () => void): void {
  try {
    call();
  } catch (error) {
    rethrowLater(error);
  }
}

/** Throws the error of a user's listener in a microtask, so that it becomes an uncaught error. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
