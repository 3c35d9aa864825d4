// @ts-check
import { h } from "../view/dom.js";
import { addressHistory } from "./address-history.js";

/**
 * Adds the pickers to the start form: for ranges, for programs, and for the URLs of earlier runs. A picker is loaded when the user
 * opens it.
 *
 * @param {{ rangePicker: HTMLDetailsElement, programPicker: HTMLDetailsElement, url: HTMLElement }} elements
 * @param {import("../view/start-form.js").StartForm} startForm
 */
export function createStartFormPickers({ rangePicker, programPicker, url }, startForm) {
  const history = addressHistory(() => localStorage);
  const urls = h("datalist", { id: "url-history" });
  url.after(urls);
  url.setAttribute("list", urls.id);
  listUrls();
  /** @type {{ paint: () => void } | undefined} */
  let programs;

  startForm.onUse((settings) => {
    history.add(settings);
    listUrls();
    programs?.paint();
  });
  onFirstOpen(rangePicker, async (content) => {
    const { createRangePicker } = await import("./range-picker.js");
    const picker = createRangePicker(content, startForm);
    rangePicker.addEventListener("toggle", () => rangePicker.open && picker.refresh());
  });
  onFirstOpen(programPicker, async (content) => {
    const { createProgramChoices } = await import("./program-choices.js");
    programs = createProgramChoices(content, startForm, history, listUrls);
  });

  function listUrls() {
    urls.replaceChildren(...history.read().urls.map((value) => h("option", { value })));
  }
}

/** @param {HTMLDetailsElement} details @param {(content: HTMLElement) => Promise<void>} load */
function onFirstOpen(details, load) {
  let isLoaded = false;
  details.addEventListener("toggle", async () => {
    if (!details.open || isLoaded) return;
    isLoaded = true;
    const content = h("div", { class: "picker" });
    details.append(content);
    try {
      await load(content);
    } catch (error) {
      isLoaded = false;
      content.replaceChildren(h("p", { class: "field-error" }, `This part of the page could not be loaded: ${String(error)}`));
    }
  });
}
