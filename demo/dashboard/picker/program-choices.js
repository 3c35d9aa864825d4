// @ts-check
import { h, setText, show } from "../view/dom.js";
import { shorten } from "../view/number-format.js";
import { PROGRAM_NAMES, programName } from "../view/program-names.js";

/**
 * Programs to choose from: those with known names, and those that were used before.
 *
 * @param {HTMLElement} root
 * @param {import("../view/start-form.js").StartForm} startForm
 * @param {ReturnType<typeof import("./address-history.js").addressHistory>} history
 * @param {() => void} handleClear called after the history was cleared
 */
export function createProgramChoices(root, startForm, history, handleClear) {
  const known = h("div", { class: "program-list", role: "group", "aria-label": "Known programs" });
  const recent = h("div", { class: "program-list", role: "group", "aria-label": "Recently used programs" });
  const recentTitle = h("p", { class: "hint" });
  const clear = h("button", { type: "button", onclick: clearHistory }, "Clear history");
  root.append(known, recentTitle, recent, clear);
  startForm.onChange(paint);
  paint();

  function clearHistory() {
    history.clear();
    handleClear();
    paint();
    known.querySelector("input")?.focus();
  }

  function paint() {
    const selected = selectedPrograms();
    const { programs, urls } = history.read();
    const used = programs.filter((address) => !(address in PROGRAM_NAMES));
    sync(known, Object.keys(PROGRAM_NAMES), selected);
    sync(recent, used, selected);
    const isEmpty = programs.length === 0 && urls.length === 0;
    setText(recentTitle, isEmpty ? "Addresses and URLs that you use are listed here. API keys are not stored." : "Used before");
    show(clear, !isEmpty);
  }

  /** Updates the check boxes. Does not replace them if the addresses are the same, so that a check box keeps the focus. @param {HTMLElement} list @param {string[]} addresses @param {Set<string>} selected */
  function sync(list, addresses, selected) {
    if (list.dataset.addresses !== addresses.join()) {
      list.dataset.addresses = addresses.join();
      list.replaceChildren(...addresses.map(toItem));
    }
    for (const input of list.querySelectorAll("input")) input.checked = selected.has(input.value);
    show(list, addresses.length > 0);
  }

  /** @param {string} address */
  function toItem(address) {
    // This listener runs before the form's own `input` listener, so the form reads the updated field.
    const input = h("input", { type: "checkbox", value: address, oninput: () => toggle(address, input.checked) });
    const name = programName(address);
    const short = shorten(address);
    const text = name === short ? h("code", {}, short) : h("span", {}, `${name} `, h("code", {}, short));
    return h("label", { title: address }, input, text);
  }

  /** @param {string} address @param {boolean} isSelected */
  function toggle(address, isSelected) {
    const selected = selectedPrograms();
    if (isSelected) selected.add(address);
    else selected.delete(address);
    startForm.set({ programs: [...selected].join("\n") });
  }

  function selectedPrograms() {
    return new Set(
      startForm
        .fields()
        .programs.split(/[\s,]+/)
        .filter((text) => text !== ""),
    );
  }

  return { paint };
}
