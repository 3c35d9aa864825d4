/** The result of a check. */
export type CheckResult =
  | { status: "ok"; detail: string }
  /** It may be intended, or become a problem. */
  | { status: "warning"; detail: string; remedy: string }
  | { status: "failed"; detail: string; remedy: string }
  /** A requirement failed or is missing. */
  | { status: "skipped"; detail: string };

/** A result with the name of its check. */
export type NamedResult = CheckResult & { name: string };

export const ok = (detail: string): CheckResult => ({ status: "ok", detail });
export const warning = (detail: string, remedy: string): CheckResult => ({ status: "warning", detail, remedy });
export const failed = (detail: string, remedy: string): CheckResult => ({ status: "failed", detail, remedy });
export const skipped = (detail: string): CheckResult => ({ status: "skipped", detail });
