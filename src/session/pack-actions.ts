import * as v from "valibot";
import { encodeBase64 } from "../codec/base64.js";
import { encodeUtf8 } from "../codec/utf8.js";
import { compress } from "../codec/zstd.js";
import { diagnosticProbe, findProbeProblem } from "../protocol/diagnostic-probe.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { findProblem, writeParams } from "../protocol/message.js";
import { toU64 } from "../protocol/scalars.js";
import { decodedAnchor, findActionProblem, scheduledAction } from "../protocol/scheduled-action.js";
import { anything } from "../protocol/schema.js";
import type { AccountData, DiscoveryFilter } from "../protocol/shapes.js";
import { type TransactionInput, toWireTransaction } from "./continues/transaction-input.js";

/** Where an action or a probe fires. */
export type ActionAnchor =
  /** At the start or the end of the given slots. If `slots` contains a slot twice, two transactions are executed at this slot. */
  | {
      /** When the action or the probe fires. */
      at: "beforeSlot" | "afterSlot";
      /** The slots. */
      slots: (bigint | number)[];
    }
  /** At each slot that is a multiple of `everyNSlots` and has a block. */
  | {
      /** When the action or the probe fires. */
      at: "beforeEverySlot" | "afterEverySlot";
      /** The action or the probe fires at slots that are a multiple of this number. @default 1 */
      everyNSlots?: bigint | number;
    }
  /** At each batch that matches the filter. */
  | {
      /** When the action or the probe fires. */
      at: "beforeMatch" | "afterMatch";
      /** The filter that a batch must match. */
      filter: DiscoveryFilter;
    };

/** An action at given positions: the server executes transactions, or sets account states. */
export interface ScheduledAction {
  /** Where the action fires. */
  anchor: ActionAnchor;
  /** `simulate` changes nothing. `send` executes the transactions in the session. @default "simulate" */
  kind?: "simulate" | "send";
  /**
   * If the anchor has `slots`, the i-th transaction is executed at the i-th slot. Otherwise, all transactions are executed each time
   * the action fires.
   * @default none
   */
  transactions?: TransactionInput[];
  /** Account states for this simulation or, if `transactions` is absent, for all later simulations. @default none */
  accountOverrides?: Record<string, AccountData>;
  /** Whether `reroute` uses the account states after the action. Requires the anchor `beforeSlot`. @default false */
  feedsReroute?: boolean;
  /** The accounts whose states after the action are returned. @default none */
  returnAccounts?: string[];
  /** A label that is returned with each result. @default none */
  label?: string;
  /** How the server adapts the transactions to the current state before it executes the action. @default no changes */
  resolve?: { type: "liquidityArrays"; pool: string; inputMint: string; arrayKeyIndices: number[] } | { type: "quoteStamp" };
}

/** A probe of the router: it measures the depth of markets at several sizes. */
export interface DiagnosticProbe {
  /** Where the probe fires: `afterSlot` or `afterEverySlot`. */
  anchor: ActionAnchor;
  /** 1 to 64 markets, without duplicates. */
  markets: string[];
  /** 1 to 16 sizes in USD. Each size must be at least 1. */
  usdValues: number[];
  /** A label that is returned with each sample. @default none */
  label?: string;
}

const list = v.array(anything);
/** The members that this module checks and compresses. The wire schema checks the other members later. */
const actionGiven = v.object({ anchor: decodedAnchor, transactions: v.optional(list) });
const probeGiven = v.object({ anchor: decodedAnchor, markets: list, usdValues: list });

/** Returns the compressed `actions` for a create request. @throws SimulatorError `invalidParams`, naming the field */
export function packActions(actions: readonly ScheduledAction[], replayAccountState: boolean): string {
  const wire = actions.map((action, index) => {
    const field = `actions.${index}`;
    refuseShape(field, actionGiven, action);
    refuse(field, findActionProblem(action, replayAccountState));
    const { anchor, transactions = [], ...rest } = action;
    const packed = {
      ...rest,
      anchor: packAnchor(anchor, field),
      transactions: pack(transactions.map((transaction, at) => toWireTransaction(transaction, `${field}.transactions.${at}`))),
    };
    refuseShape(field, scheduledAction, packed);
    return packed;
  });
  return pack(wire);
}

/**
 * Returns the `diagnosticProbes` for a create request. The list of slots in each probe is compressed.
 *
 * @throws SimulatorError `invalidParams`, naming the field
 */
export function packProbes(probes: readonly DiagnosticProbe[]) {
  return probes.map((probe, index) => {
    const field = `diagnosticProbes.${index}`;
    refuseShape(field, probeGiven, probe);
    refuse(field, findProbeProblem(probe));
    const packed = { ...probe, anchor: packAnchor(probe.anchor, field) };
    refuseShape(field, diagnosticProbe, packed);
    return packed as v.InferInput<typeof diagnosticProbe>;
  });
}

/** Writes a value as JSON, compresses the JSON to a zstd frame, and returns the frame in base64. */
function pack(value: unknown): string {
  return encodeBase64(compress(encodeUtf8(writeParams(value, "actions"))));
}

function packAnchor(anchor: ActionAnchor, field: string) {
  if (!("slots" in anchor)) return anchor;
  return { ...anchor, slots: pack(anchor.slots.map((slot, at) => toU64(slot, `${field}.anchor.slots.${at}`))) };
}

function refuseShape(field: string, schema: v.GenericSchema, value: unknown): void {
  refuse(field, findProblem(schema, value));
}

function refuse(field: string, problem: string | undefined): void {
  if (problem !== undefined) throw invalidParams(field, problem);
}
