// A group of radio buttons drawn as pills.
import { h, tell } from "./base.js";

let numChoices = 0;

/**
 * A group of radio buttons drawn as pills. Options: [{ value, label, note, title }].
 * Returns { root, value, set(options, value), select(value), refuse(reason) }; `onchange` is
 * called by the visitor's own choice only, and `refuse` switches the group off, or on by "".
 */
export function createChoice(legend, onchange, { hidden = false } = {}) {
  const name = `dg-choice-${++numChoices}`;
  const row = h("div", { class: "dg-pills" });
  const why = h("p", { class: "dg-why", hidden: true });
  const root = h(
    "fieldset",
    { class: "dg-choice" },
    h("legend", { class: hidden ? "dg-hidden" : "" }, legend),
    why,
    row,
  );
  let drawn = "";
  const group = {
    root,
    value: undefined,
    refuse(reason) {
      root.disabled = Boolean(reason);
      tell(why, reason);
    },
    select(value) {
      group.value = value;
      for (const input of row.querySelectorAll("input")) input.checked = input.value === value;
    },
    set(options, value) {
      group.value = options.some((o) => o.value === value) ? value : options[0]?.value;
      // Where nothing changes they stay, and with them the keyboard's focus.
      if (drawn === JSON.stringify(options)) return group.select(group.value);
      drawn = JSON.stringify(options);
      row.replaceChildren(
        ...options.map((option) => {
          const input = h("input", {
            type: "radio",
            name,
            value: option.value,
            checked: option.value === group.value,
            onchange: () => {
              group.value = option.value;
              onchange(option.value);
            },
          });
          const words = h("span", { class: "dg-pill-words" }, option.label);
          if (option.note) words.append(h("small", {}, option.note));
          return h("label", { class: "dg-pill", title: option.title }, input, words);
        }),
      );
    },
  };
  return group;
}
