// @ts-check
// The parts of a table's filter as chips, and a menu that adds a part.
import { isAddress } from "../../base58-address.js";
import { closeLikeMenu } from "../disclosure.js";
import { h, setAttribute, setText, show, uniqueId } from "../dom.js";
import { formatNumber, shorten } from "../number-format.js";
import { programName } from "../program-names.js";
import { readSlotRange } from "../slot-text.js";

/** @typedef {import("../../contract.d.ts").FacetKind} FacetKind */
/** @typedef {import("../../contract.d.ts").TableName} TableName */
/** @typedef {FacetKind | "slots"} Kind */

/** @type {Record<Kind, { label: string, hint: string }>} */
const KINDS = {
  program: { label: "Program", hint: "Address of a program" },
  account: { label: "Account", hint: "Address of an account" },
  signer: { label: "Signer", hint: "Address of a signer or fee payer" },
  instruction: { label: "Instruction", hint: "Name, such as transferChecked" },
  slots: { label: "Slots", hint: "First and last slot, such as 300000010 - 300000020" },
};
/** @type {Record<TableName, readonly Kind[]>} */
const OFFERED = {
  transactions: ["program", "account", "signer", "instruction", "slots"],
  accountDiffs: ["account", "program", "slots"],
  logs: ["program", "account", "signer", "instruction", "slots"],
};

/** @param {TableName} table @param {import("../table-filters.js").TableFilters} filters */
export function createFilterBar(table, filters) {
  const failedOnly = h(
    "button",
    { type: "button", class: "chip", "aria-pressed": "false", onclick: toggleFailed },
    "Failed only",
  );
  const chips = h("span", { class: "filter-chips" });
  const kindId = uniqueId("filter-kind");
  const valueId = uniqueId("filter-value");
  const listId = uniqueId("filter-values");
  const errorId = uniqueId("filter-error");
  const kind = h(
    "select",
    { id: kindId, onchange: describe },
    ...OFFERED[table].map((name) => h("option", { value: name }, KINDS[name].label)),
  );
  const value = h("input", {
    id: valueId,
    list: listId,
    spellcheck: "false",
    autocomplete: "off",
    "aria-describedby": errorId,
    oninput: () => showError(""),
  });
  const suggestions = h("datalist", { id: listId });
  const error = h("p", { class: "field-error", id: errorId });
  const form = h(
    "form",
    { class: "menu-items filter-form", novalidate: true },
    h("p", { class: "field" }, h("label", { for: kindId }, "Filter by"), kind),
    h("p", { class: "field" }, h("label", { for: valueId }, "Value"), value),
    suggestions,
    h("button", { type: "submit" }, "Add filter"),
    error,
  );
  const menu = h("details", { class: "menu filter-menu" }, h("summary", { class: "menu-button" }, "Add filter"), form);
  const element = h("div", { class: "filter-bar" }, ...(table === "accountDiffs" ? [] : [failedOnly]), menu, chips);
  /** @type {import("../../contract.d.ts").Snapshot | undefined} */
  let latest;
  closeLikeMenu(menu);
  describe();
  menu.addEventListener("toggle", () => {
    if (!menu.open) return;
    suggest();
    kind.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add();
  });

  function toggleFailed() {
    filters.setFailedOnly(table, !filters.of(table).isFailedOnly);
  }

  function chosen() {
    return /** @type {Kind} */ (kind.value);
  }

  function describe() {
    value.placeholder = KINDS[chosen()].hint;
    showError("");
    suggest();
  }

  function suggest() {
    const { settings, accounts = [], tables } = latest ?? {};
    const rows = /** @type {{ programs?: string[] }[]} */ (tables?.transactions.rows ?? []);
    const programs = [...new Set([...(settings?.programs ?? []), ...rows.flatMap((row) => row.programs ?? [])])];
    const offered = {
      program: programs.map((address) => [address, programName(address)]),
      account: accounts.map(({ address, changes }) => [address, `${formatNumber(changes)} changes`]),
      signer: [],
      instruction: [],
      slots: [],
    }[chosen()];
    suggestions.replaceChildren(...offered.map(([text = "", label = ""]) => h("option", { value: text, label })));
  }

  function add() {
    const name = chosen();
    const text = value.value.trim();
    if (name === "slots") {
      const range = readSlotRange(text);
      if (range === undefined) return showError("Enter the first and the last slot, such as 300000010 - 300000020.");
      filters.setSlots(range);
    } else if (text === "") return showError("Enter a value.");
    else if (name !== "instruction" && !isAddress(text)) return showError(`Enter an address: 32 bytes in base58.`);
    else filters.addFacet(table, name, text);
    value.value = "";
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }

  /** @param {string} text */
  function showError(text) {
    setText(error, text);
    show(error, text !== "");
    setAttribute(value, "aria-invalid", text === "" ? undefined : "true");
    if (text !== "") value.focus();
  }

  /** @param {string} label @param {string} title @param {() => void} remove */
  function chip(label, title, remove) {
    const press = () => {
      remove();
      // The chip with the focus is removed, so the focus moves to the menu.
      menu.querySelector("summary")?.focus();
    };
    return h(
      "button",
      { type: "button", class: "chip chip-set", title, "aria-label": `Remove the filter ${label}`, onclick: press },
      label,
      h("span", { "aria-hidden": "true" }, "✕"),
    );
  }

  function paintChips() {
    const { facets, isFailedOnly, slots } = filters.of(table);
    setAttribute(failedOnly, "aria-pressed", `${isFailedOnly}`);
    chips.replaceChildren(
      ...facets.map((facet) =>
        chip(`${KINDS[facet.kind].label}: ${valueLabel(facet)}`, facet.value, () =>
          filters.removeFacet(table, facet.kind, facet.value),
        ),
      ),
      ...(slots === undefined
        ? []
        : [
            chip(`Slots ${formatNumber(slots.first)} to ${formatNumber(slots.last)}`, "Selected in all tables and charts", () =>
              filters.setSlots(undefined),
            ),
          ]),
    );
  }
  filters.onChange((changed) => changed.includes(table) && paintChips());

  return {
    element,
    /** @param {import("../../contract.d.ts").Snapshot} snapshot */
    paint(snapshot) {
      latest = snapshot;
    },
  };
}

/** @param {{ kind: FacetKind, value: string }} facet */
function valueLabel({ kind, value }) {
  if (kind === "instruction") return value;
  return kind === "program" ? programName(value) : shorten(value);
}
