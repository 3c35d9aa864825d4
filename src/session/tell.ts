/** Calls a user's listener. One that throws is told as an uncaught error, as it is its owner's mistake, and stops nothing here. */
export function tell(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
