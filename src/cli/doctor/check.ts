/** What came of a check. */
export type CheckResult =
  | { status: "ok"; detail: string }
  /** It may be meant so; or it will be in the way. */
  | { status: "warning"; detail: string; remedy: string }
  | { status: "failed"; detail: string; remedy: string }
  /** What it needs has failed, or wasn't given. */
  | { status: "skipped"; detail: string };

/** A check by its name, for the report. */
export type NamedResult = CheckResult & { name: string };

export const ok = (detail: string): CheckResult => ({ status: "ok", detail });
export const warning = (detail: string, remedy: string): CheckResult => ({ status: "warning", detail, remedy });
export const failed = (detail: string, remedy: string): CheckResult => ({ status: "failed", detail, remedy });
export const skipped = (detail: string): CheckResult => ({ status: "skipped", detail });
