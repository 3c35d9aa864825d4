import { useSyncExternalStore } from "react";
import type { AnySession } from "./any-session.js";
import type { FrameStore } from "./frame-store.js";

/** Returns a function that creates one store per session. All components share this store. */
export function perSession<S>(make: (session: AnySession) => S): (session: AnySession) => S {
  const stores = new WeakMap<AnySession, S>();
  return (session) => {
    const store = stores.get(session) ?? make(session);
    stores.set(session, store);
    return store;
  };
}

const neverChanges = () => () => {};

/**
 * Returns the snapshot of a store. The component renders again when the snapshot changes.
 *
 * @param nothing the result if there is no store, or during server rendering
 */
export function useFrameStore<T>(store: FrameStore<T> | undefined, nothing: T): T {
  const getNothing = () => nothing;
  return useSyncExternalStore(store?.subscribe ?? neverChanges, store?.getSnapshot ?? getNothing, getNothing);
}
