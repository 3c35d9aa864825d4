/** Calls a user's listener. An error that it throws becomes an uncaught error, and does not stop the delivery. */
export function callListener(call: () => void): void {
  try {
    call();
  } catch (error) {
    rethrowLater(error);
  }
}

/** Throws an error of a user's listener where nothing catches it. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
