/** Status codes of gRPC: https://grpc.io/docs/guides/status-codes/ */
export const GRPC_STATUS = {
  ok: 0,
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  outOfRange: 11,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export type GrpcStatus = (typeof GRPC_STATUS)[keyof typeof GRPC_STATUS];

/** Returns the trailers that end a call. The message of the status is percent-encoded. */
export function trailersOf(status: number, details: string): Record<string, string> {
  return { "grpc-status": `${status}`, ...(details !== "" && { "grpc-message": encodeURIComponent(details) }) };
}

/** An error that refuses a request with a gRPC status. */
export class GrpcRefusal extends Error {
  override readonly name = "GrpcRefusal";
  readonly status: GrpcStatus;

  constructor(status: GrpcStatus, message: string) {
    super(message);
    this.status = status;
  }
}
