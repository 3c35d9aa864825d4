import type { RecordableEvent, RecordedSession, RunHeader } from "./recordable-event.js";

/** A piece of a record. */
export type RecordChunk = string | Uint8Array;

/** Writes a record in one format. It keeps no more than it needs for its next piece. */
export interface RecordEncoder {
  begin(header: RunHeader): RecordChunk | undefined;
  /** The sub-sessions of a parallel run, before its first event. */
  addSessions(sessions: readonly RecordedSession[]): RecordChunk | undefined;
  add(event: RecordableEvent): RecordChunk | undefined;
  end(): RecordChunk | undefined;
}
