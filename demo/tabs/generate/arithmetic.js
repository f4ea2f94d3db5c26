// Arithmetic in latent space, of the Generate tab: A − B + C of the mean z of boxes of pictures.
import { h, tell } from "../../components/base.js";
import { cut, decoded } from "../../components/pictures.js";
import { newest } from "../../components/requests.js";
import t from "../../text/arithmetic.words.js";
import { keep, keptItem } from "./kept.js";

/** `canvas` is `createCanvas`, `goto()` leads up to it. */
export function createArithmetic(part, server, canvas, goto) {
  const SIDE = 32; // pixels of a picture
  const MOST = 6; // pictures in a box

  let result = null; // the answer that is shown: { z, label }
  let marked = 0; // the box that a press fills
  let dragged = null; // { setting, node } of the picture that is

  const boxes = ["A", "B", "C"].map((name, i) => {
    const mean = h("canvas", {
      class: "dg-pixels",
      width: SIDE,
      height: SIDE,
      role: "img",
      "aria-label": t("mean", { name }),
    });
    const list = h("ol", { class: "dg-stops" });
    const input = h("input", { type: "radio", name: "dg-box", onchange: () => mark(i) });
    const head = h(
      "label",
      { class: "dg-pill" },
      input,
      h("span", {}, `${["", "−\u00a0", "+\u00a0"][i]}${name}`),
    );
    const root = h("div", { class: "dg-box", onclick: () => mark(i) }, head, mean, list);
    root.addEventListener("dragover", (event) => {
      event.preventDefault();
      root.classList.add("dg-over");
    });
    root.addEventListener("dragleave", () => root.classList.remove("dg-over"));
    root.addEventListener("drop", (event) => {
      event.preventDefault();
      root.classList.remove("dg-over");
      if (dragged) add(i, dragged.setting, dragged.node);
    });
    part.boxes.append(root);
    return { root, input, mean, list, kept: [] };
  });

  function mark(i) {
    marked = i;
    boxes.forEach((box, number) => {
      box.input.checked = number === i;
      box.root.classList.toggle("dg-marked", number === i);
    });
  }

  const send = newest(
    server.arithmetic,
    async (answer, sent) => {
      if (!boxes[0].kept.length || sent.a[0].model !== canvas.model.name) return;
      tell(part.arithmeticline);
      result = answer;
      const image = await decoded(answer.grid);
      boxes.forEach((box, i) => cut(box.mean, image, i));
      cut(part.arithmeticpicture, image, 3);
      part.tocanvas.disabled = false;
      const { conditional } = canvas.model;
      part.arithmeticwords.textContent = t("means", { conditional, label: answer.label });
    },
    (error) => tell(part.arithmeticline, error.message),
  );

  function lay() {
    for (const box of boxes) {
      box.list.replaceChildren(
        ...box.kept.map((one) =>
          keptItem(one, canvas.model.conditional, (event) => {
            event.stopPropagation();
            box.kept = box.kept.filter((other) => other !== one);
            lay();
          }),
        ),
      );
    }
    if (boxes[0].kept.length) {
      const [a, b, c] = boxes.map((box) => box.kept.map(({ setting }) => setting));
      send({ a, b, c });
    } else {
      nothing();
    }
  }

  function nothing() {
    result = null;
    for (const node of [part.arithmeticpicture, ...boxes.map((box) => box.mean)]) {
      node.getContext("2d").clearRect(0, 0, SIDE, SIDE);
    }
    part.tocanvas.disabled = true;
    part.arithmeticwords.textContent = t("fill");
  }

  function add(i, setting, node) {
    const box = boxes[i];
    if (box.kept.length === MOST) return tell(part.arithmeticline, t("full"));
    tell(part.arithmeticline);
    box.kept.push(keep(setting, node));
    mark(i);
    lay();
  }

  function clear() {
    for (const box of boxes) box.kept = [];
    mark(0);
    lay();
  }

  part.emptyboxes.addEventListener("click", clear);
  part.tocanvas.addEventListener("click", () => {
    if (!result) return;
    canvas.setZ(result.z, result.label);
    goto();
  });

  return {
    /** A picture of the samples was pressed. */
    add: (setting, node) => add(marked, setting, node),
    /** A picture of the samples is being dragged. */
    drag(setting, node) {
      dragged = { setting, node };
    },
    clear,
  };
}
