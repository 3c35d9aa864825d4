/** Calls a user's listener. If the listener throws, the error becomes an uncaught error, and the delivery continues. */
export function callListener(call: () => void): void {
  try {
    call();
  } catch (error) {
    rethrowLater(error);
  }
}

/** Reports a listener's error as an uncaught error, without interrupting the caller. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
