/** The result of a check. */
export type CheckResult =
  | { status: "ok"; detail: string }
  /** A finding that may be intended, or may cause a problem later. */
  | { status: "warning"; detail: string; remedy: string }
  | { status: "failed"; detail: string; remedy: string }
  /** The check was skipped: an earlier check that it depends on has failed, or an input is missing. */
  | { status: "skipped"; detail: string };

/** A result together with the name of its check. */
export type NamedResult = CheckResult & { name: string };

export const ok = (detail: string): CheckResult => ({ status: "ok", detail });
export const warning = (detail: string, remedy: string): CheckResult => ({ status: "warning", detail, remedy });
export const failed = (detail: string, remedy: string): CheckResult => ({ status: "failed", detail, remedy });
export const skipped = (detail: string): CheckResult => ({ status: "skipped", detail });
