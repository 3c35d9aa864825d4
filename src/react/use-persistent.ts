import { type Dispatch, type SetStateAction, useState } from "react";

/**
 * What was made last, made anew as soon as it no longer fits, in the same rendering. A memo would do, but for React's right to
 * forget one: a hot reload does, and what is held here is as much as a session.
 */
export function usePersistent<T extends object>(make: () => T, fits: (held: T) => boolean): [T, Dispatch<SetStateAction<T>>] {
  const [held, setHeld] = useState(make);
  if (fits(held)) return [held, setHeld];
  const made = make();
  setHeld(made);
  return [made, setHeld];
}
