// @ts-check
// Tabs as in the ARIA Authoring Practices: one tab stop, arrow keys between tabs, automatic activation.
import { h, show } from "../dom.js";

/**
 * @template {string} Name
 * @param {string} label of the tab list
 * @param {readonly { name: Name, label: string, panel: HTMLElement }[]} tabs the panels get their ARIA attributes here
 * @param {(name: Name) => void} handleChange
 */
export function createTabs(label, tabs, handleChange) {
  const made = tabs.map(({ name, label, panel }, index) => {
    const count = h("span", { class: "tab-count", "aria-hidden": "true" });
    const button = h(
      "button",
      {
        type: "button",
        role: "tab",
        class: "tab",
        id: `tab-${name}`,
        "aria-controls": `panel-${name}`,
        onclick: () => select(index),
      },
      label,
      count,
    );
    panel.id = `panel-${name}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    return { name, panel, button, count };
  });
  const element = h(
    "div",
    { class: "tabs", role: "tablist", "aria-label": label, onkeydown: handleKey },
    ...made.map(({ button }) => button),
  );

  /** @param {number} index */
  function select(index) {
    for (const [at, { panel, button }] of made.entries()) {
      button.setAttribute("aria-selected", `${at === index}`);
      button.tabIndex = at === index ? 0 : -1;
      show(panel, at === index);
    }
    const tab = made[index];
    if (tab !== undefined) handleChange(tab.name);
  }

  /** @param {KeyboardEvent} event */
  function handleKey(event) {
    const from = made.findIndex(({ button }) => button === document.activeElement);
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: made.length - 1 }[event.key];
    if (from === -1 || to === undefined) return;
    event.preventDefault();
    const index = (to + made.length) % made.length;
    select(index);
    made[index]?.button.focus();
  }

  select(0);
  return {
    element,
    counts: made.map(({ count }) => count),
    /** @param {Name} name */
    select: (name) => select(made.findIndex((tab) => tab.name === name)),
  };
}
