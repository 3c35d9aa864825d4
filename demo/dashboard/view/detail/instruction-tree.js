// @ts-check
import { h } from "../dom.js";
import { formatNumber, shorten } from "../number-format.js";
import { programName } from "../program-names.js";
import { addressLink, logList } from "./detail-parts.js";
import { isAddressValue, toWords, valueText } from "./value-text.js";

/** @typedef {import("../../../../dist/browser-explain.js").ExplainedInstruction} ExplainedInstruction */
/** @typedef {import("../../../../dist/browser-explain.js").ExplainedError} ExplainedError */
/** @typedef {import("../../contract.d.ts").Token} Token */

/** Maximum number of nested levels to show. The runtime allows 5 levels, so all levels of a real transaction are shown. */
const MAX_DEPTH = 12;

/**
 * The instructions of a transaction with their accounts, arguments, logs and inner instructions.
 *
 * @param {readonly ExplainedInstruction[]} instructions
 * @param {{ error?: ExplainedError | undefined, tokens: Record<string, Token>, showAccount: (address: string) => void }} context
 */
export function instructionTree(instructions, context) {
  return tree(instructions, context, "");
}

/** @param {readonly ExplainedInstruction[]} instructions @param {Parameters<typeof instructionTree>[1]} context @param {string} prefix */
function tree(instructions, context, prefix) {
  return h(
    "ol",
    { class: "instructions" },
    ...instructions.map((instruction, index) => instructionItem(instruction, context, `${prefix}${index + 1}`)),
  );
}

/** @param {ExplainedInstruction} instruction @param {Parameters<typeof instructionTree>[1]} context @param {string} number */
function instructionItem(instruction, context, number) {
  const { program, name, accounts, args, data, logs, computeUnits, outcome, inner } = instruction;
  const token = tokenOf(instruction, context.tokens);
  const isSource = outcome === "failed" && inner.every((call) => call.outcome !== "failed");
  const item = h(
    "li",
    { class: "instruction", "data-outcome": outcome },
    h(
      "div",
      { class: "instruction-head" },
      h("span", { class: "muted" }, `#${number}`),
      h("strong", { title: program.address }, program.name ?? programName(program.address)),
      h("span", { class: "instruction-name" }, name === undefined ? "unknown instruction" : toWords(name)),
      ...(outcome === "failed" ? [h("span", { "data-tone": "bad" }, failureText(isSource, context.error))] : []),
      ...(computeUnits === undefined
        ? []
        : [
            h(
              "span",
              { class: "units", title: `of a limit of ${formatNumber(computeUnits.limit)}` },
              `${formatNumber(computeUnits.consumed)} CU`,
            ),
          ]),
    ),
  );
  const facts = h("dl", { class: "uses" });
  for (const [key, value] of Object.entries(args)) {
    const content = isAddressValue(value) ? addressLink(value, context.showAccount) : valueText(key, value, token);
    facts.append(h("dt", {}, toWords(key)), h("dd", { class: "argument" }, content));
  }
  for (const [index, account] of accounts.entries()) {
    const roles = [account.signer ? "signer" : "", account.writable ? "writable" : ""].filter(Boolean).join(", ");
    facts.append(
      h("dt", {}, account.name === undefined ? `account ${index + 1}` : toWords(account.name)),
      h(
        "dd",
        {},
        addressLink(account.address, context.showAccount),
        ...(roles === "" ? [] : [h("span", { class: "muted" }, ` ${roles}`)]),
      ),
    );
  }
  if (data !== undefined) facts.append(h("dt", {}, "data (base64)"), h("dd", {}, h("code", {}, shorten(data, 60))));
  if (facts.childElementCount > 0) item.append(facts);
  if (logs.length > 0) item.append(logList(logs.map((line) => line.replace(/^Program log: /, ""))));
  if (inner.length > 0 && number.split(".").length < MAX_DEPTH) item.append(tree(inner, context, `${number}.`));
  return item;
}

/**
 * @param {boolean} isSource `true` if this instruction raised the error, `false` if an inner instruction raised the error
 * @param {ExplainedError | undefined} error
 */
const failureText = (isSource, error) => (isSource && error !== undefined ? `✗ ${error.message}` : "✗ failed");

/**
 * Returns the token to which the amounts of an instruction refer.
 *
 * @param {ExplainedInstruction} instruction @param {Record<string, Token>} tokens
 */
function tokenOf({ accounts }, tokens) {
  for (const { address } of accounts) {
    const token = tokens[address];
    if (token !== undefined) return token;
  }
  return undefined;
}
