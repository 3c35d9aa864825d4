import { type Dispatch, type SetStateAction, useState } from "react";

/**
 * Returns a persistent value, and replaces it in the same rendering when it no longer fits. `useMemo` is not sufficient, because
 * React may discard a memoized value, for example on a hot reload. This value must persist, because it may be a session.
 */
export function usePersistent<T extends object>(make: () => T, fits: (current: T) => boolean): [T, Dispatch<SetStateAction<T>>] {
  const [current, setCurrent] = useState(make);
  if (fits(current)) return [current, setCurrent];
  const next = make();
  setCurrent(next);
  return [next, setCurrent];
}
