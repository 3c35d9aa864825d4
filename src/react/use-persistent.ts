import { type Dispatch, type SetStateAction, useState } from "react";

/**
 * Returns a value that persists between renderings. If `fits` returns `false`, the value is replaced in the same rendering.
 * `useMemo` is not sufficient: React may discard a memoized value, for example on a hot reload, but a session must not be lost.
 */
export function usePersistent<T extends object>(make: () => T, fits: (current: T) => boolean): [T, Dispatch<SetStateAction<T>>] {
  const [current, setCurrent] = useState(make);
  if (fits(current)) return [current, setCurrent];
  const next = make();
  setCurrent(next);
  return [next, setCurrent];
}
