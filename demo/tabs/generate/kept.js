// Pictures kept for later in lists: the stops of a walk, the boxes of arithmetic.
import { h } from "../../components/base.js";
/** A picture kept for later: `setting` is what it follows from, `node` the canvas that shows it. */
export function keep(setting, node) {
  const image = h("canvas", { width: node.width, height: node.height });
  image.getContext("2d").drawImage(node, 0, 0);
  return { setting, image };
}

/** A kept picture in a list; `onaway` is called when it is taken out. */
export function keptItem({ setting, image }, isConditional, onaway) {
  const words = [isConditional && setting.label, setting.z ? "own z" : `seed ${setting.seed}`];
  const name = words.filter(Boolean).join(", ");
  const { width, height } = image;
  const node = h("canvas", { class: "dg-pixels", width, height, role: "img", "aria-label": name });
  node.getContext("2d").drawImage(image, 0, 0);
  const away = h(
    "button",
    {
      type: "button",
      class: "dg-away",
      title: "Take it out",
      "aria-label": `Take out ${name}`,
      onclick: onaway,
    },
    "×",
  );
  return h("li", {}, node, h("span", { class: "dg-name", title: name }, name), away);
}
