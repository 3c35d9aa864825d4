export type { SolChange, TokenChange } from "./balance-changes.js";
export { type ExplainedAccount, type ExplainedAccountState, explainAccount, type FieldChange } from "./explain-account.js";
export type { ExplainedError } from "./explain-failure.js";
export type { ExplainedAccountUse, ExplainedInstruction, ExplainedProgram } from "./explain-instruction.js";
export { describeError, type ExplainedTransaction, type ExplainOptions, explainTransaction } from "./explain-transaction.js";
export type { Idls } from "./idls.js";
export { transactionAccounts } from "./transaction-accounts.js";
