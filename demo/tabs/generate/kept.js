// Pictures kept for later in lists: the stops of a walk, the boxes of arithmetic.
import { h } from "../../components/base.js";
import t from "../../text/generate.words.js";

/**
 * What the picture of a setting is called: its class, where the model takes one, and its seed.
 * @param {{ label: string, seed: number, z?: number[] | null }} setting
 * @param {boolean} isConditional
 */
export function pictureName({ label, seed, z }, isConditional) {
  if (isConditional) return z ? t("class-no-seed", { label }) : t("class-seed", { label, seed });
  return z ? t("no-seed") : t("with-seed", { seed });
}

/** A picture kept for later: `setting` is what it follows from, `node` the canvas that shows it. */
export function keep(setting, node) {
  const image = h("canvas", { width: node.width, height: node.height });
  image.getContext("2d").drawImage(node, 0, 0);
  return { setting, image };
}

/** A kept picture in a list; `onaway` is called when it is taken out. */
export function keptItem({ setting, image }, isConditional, onaway) {
  const name = pictureName(setting, isConditional);
  const { width, height } = image;
  const node = h("canvas", { class: "dg-pixels", width, height, role: "img", "aria-label": name });
  node.getContext("2d").drawImage(image, 0, 0);
  const away = h(
    "button",
    {
      type: "button",
      class: "dg-away",
      title: t("take-out"),
      "aria-label": t("take-out-name", { name }),
      onclick: onaway,
    },
    "×",
  );
  return h("li", {}, node, h("span", { class: "dg-name", title: name }, name), away);
}
