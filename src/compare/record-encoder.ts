import type { RecordableEvent, RecordedSession, RunHeader } from "./recordable-event.js";

/** A piece of a record in its file format. */
export type RecordChunk = string | Uint8Array;

/** Encodes a record in one format. It buffers only the data that it needs for the next piece. */
export interface RecordEncoder {
  begin(header: RunHeader): RecordChunk | undefined;
  /** Adds the sessions of a parallel run. Call this before the first event. */
  addSessions(sessions: readonly RecordedSession[]): RecordChunk | undefined;
  add(event: RecordableEvent): RecordChunk | undefined;
  end(): RecordChunk | undefined;
}
