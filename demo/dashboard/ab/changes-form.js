// @ts-check
import { isAddress } from "../base58-address.js";
import { h, setAttribute, setText, show, uniqueId } from "../view/dom.js";
import { formatBytes, formatCount, formatNumber } from "../view/number-format.js";
import { readDroppedFile } from "./dropped-file.js";

/** @typedef {import("./ab-contract.js").Changes} Changes */
/** @typedef {Exclude<import("./dropped-file.js").DroppedFile, { kind: "record" }>} ChangeFile */
/** @typedef {{ file: ChangeFile, element: HTMLElement, field: HTMLInputElement | undefined, setError: (text: string) => void }} Row */

/**
 * Creates the form for the changes of the candidate run. Each change is a file that the user drops or chooses.
 *
 * @param {import("../view/start-form.js").StartForm} startForm
 * @param {{ importRecord: (file: File) => void, report: (problems: string[]) => void, problem: HTMLElement }} parts `report` shows
 *   a message for each file that cannot be used; an empty list removes the messages. `problem` is the element for the messages
 */
export function createChangesForm(startForm, { importRecord, report, problem }) {
  /** @type {Row[]} */
  let rows = [];
  const chooser = h("input", { type: "file", multiple: true, class: "visually-hidden", tabindex: -1, "aria-hidden": "true" });
  chooser.addEventListener("change", () => {
    void addAll([...(chooser.files ?? [])]);
    // Without this reset, the browser would emit no event if the user chooses the same file again.
    chooser.value = "";
  });
  const choose = h("button", { type: "button", onclick: () => chooser.click() }, "Choose files…");
  const zone = h(
    "div",
    { class: "drop-zone", role: "group", "aria-label": "Drop files" },
    h("p", {}, h("strong", {}, "Drop files here"), " or ", choose, chooser),
    h("p", { class: "hint" }, "A program (ELF, .so), account states or transactions by slot (JSON), or a record (NDJSON)."),
  );
  const list = h("ul", { class: "changes" });
  const none = h("p", { class: "muted" }, "No changes yet. Without changes, both runs are the same.");
  const inPage = h("p", { class: "hint ab-in-page" });
  const commands = h("code", {}, "npx simulator-client serve --engine litesvm");
  inPage.append(`${WHY_NO_PROGRAMS} To swap a program, choose “At a URL” under Options, and start a simulator: `, commands, ".");
  const element = h(
    "section",
    { class: "ab-changes" },
    h("h3", {}, "Changes of the candidate"),
    zone,
    problem,
    inPage,
    none,
    list,
  );

  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    void addAll([...(event.dataTransfer?.files ?? [])]);
  });

  /** @param {File[]} files */
  async function addAll(files) {
    /** @type {string[]} */
    const problems = [];
    report([]);
    for (const file of files) {
      try {
        const read = await readDroppedFile(file);
        if (read.kind === "record") importRecord(read.file);
        else add(read);
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
    if (problems.length > 0) report(problems);
  }

  /** @param {ChangeFile} file */
  function add(file) {
    // A second file of accounts or transactions replaces the first one.
    if (file.kind !== "program") for (const row of rows) if (row.file.kind === file.kind) remove(row);
    const row = createRow(file, () => {
      remove(row);
      choose.focus();
    });
    rows.push(row);
    list.append(row.element);
    show(none, false);
    row.field?.focus();
  }

  /** @param {Row} row */
  function remove(row) {
    rows = rows.filter((other) => other !== row);
    row.element.remove();
    show(none, rows.length === 0);
  }

  /** @param {ChangeFile} file @param {() => void} handleRemove @returns {Row} */
  function createRow(file, handleRemove) {
    const button = h("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: handleRemove }, "Remove");
    const text = h("p", { class: "change-text" }, h("strong", {}, KINDS[file.kind]), ` ${describe(file)}`);
    const head = h("div", { class: "change-head" }, text, button);
    if (file.kind !== "program") return { file, element: h("li", {}, head), field: undefined, setError: () => {} };
    const id = uniqueId("program-address");
    const error = h("span", { class: "field-error", id: `${id}-error` });
    const programs = addressesIn(startForm.fields().programs);
    const field = h("input", { id, spellcheck: "false", autocomplete: "off", list: `${id}-list`, "aria-describedby": error.id });
    field.value = file.address !== "" ? file.address : programs.length === 1 ? (programs[0] ?? "") : "";
    const setError = (/** @type {string} */ problem) => {
      setText(error, problem);
      setAttribute(field, "aria-invalid", problem === "" ? undefined : "true");
    };
    field.addEventListener("input", () => setError(""));
    const choices = h("datalist", { id: `${id}-list` }, ...programs.map((value) => h("option", { value })));
    const labelled = h(
      "p",
      { class: "field" },
      h("label", { for: id }, "Address of the program to replace"),
      field,
      choices,
      error,
    );
    return { file, element: h("li", {}, head, labelled), field, setError };
  }

  return {
    element,
    whyNoPrograms: `${WHY_NO_PROGRAMS} Choose “At a URL” under Options.`,
    /** @param {"inPage" | "url"} kind */
    setSource: (kind) => show(inPage, kind === "inPage"),
    /** Reads the changes. If an address is invalid, marks its field and returns `undefined`. @returns {Changes | undefined} */
    read() {
      /** @type {Changes} */
      const changes = { programs: {}, accounts: {}, transactions: [], descriptions: [] };
      for (const { file, field, setError } of rows) {
        const origin = `${file.name}${file.digest === "" ? "" : ` (sha256 ${file.digest})`}`;
        if (file.kind === "program") {
          const address = field?.value.trim() ?? "";
          const problem = !isAddress(address)
            ? "Enter the address of the program: 32 bytes in base58."
            : address in changes.programs
              ? "Another file already replaces this program."
              : "";
          setError(problem);
          if (problem !== "") {
            field?.focus();
            return undefined;
          }
          changes.programs[address] = file.elf;
          changes.descriptions.push(`program ${address} replaced by ${origin}`);
        } else if (file.kind === "accounts") {
          changes.accounts = file.accounts;
          changes.descriptions.push(`${formatCount(Object.keys(file.accounts).length, "account")} of ${origin}`);
        } else {
          changes.transactions = file.transactions;
          changes.descriptions.push(`${formatCount(countOf(file), "transaction")} of ${origin} injected`);
        }
      }
      return changes;
    },
  };
}

const KINDS = { program: "Program", accounts: "Account states", transactions: "Transactions" };
const WHY_NO_PROGRAMS =
  "The simulator in this page applies account states and transactions, but its ledger is generated and executes no program code.";

/** @param {ChangeFile} file */
function describe(file) {
  if (file.kind === "program") return `${file.name}, ${formatBytes(file.elf.length)}`;
  if (file.kind === "accounts") return `${file.name}, ${formatCount(Object.keys(file.accounts).length, "account")}`;
  const slots = file.transactions.map(({ slot }) => `${formatNumber(BigInt(slot))}`);
  const places = slots.length > 3 ? `${slots.slice(0, 3).join("; ")}; …` : slots.join("; ");
  return `${file.name}, ${formatCount(countOf(file), "transaction")} at slot ${places}`;
}

/** @param {Extract<ChangeFile, { kind: "transactions" }>} file */
const countOf = ({ transactions }) => transactions.reduce((sum, one) => sum + one.transactions.length, 0);

/** @param {string} text */
const addressesIn = (text) => text.split(/[\s,]+/).filter(isAddress);
