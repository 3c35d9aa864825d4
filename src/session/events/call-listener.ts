/** Calls a user's listener. What it throws becomes an uncaught error, as it is its owner's mistake, and stops nothing here. */
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
