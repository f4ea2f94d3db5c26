// Arithmetic in latent space, of the Generate tab: A − B + C of the mean z of boxes of pictures.
import { h, tell } from "../../components/base.js";
import { cut, decoded } from "../../components/pictures.js";
import { newest } from "../../components/requests.js";
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
      "aria-label": `The mean of ${name}`,
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
    async (answer, asked) => {
      if (!boxes[0].kept.length || asked.a[0].model !== canvas.model.name) return;
      tell(part.sumline);
      result = answer;
      const image = await decoded(answer.grid);
      boxes.forEach((box, i) => cut(box.mean, image, i));
      cut(part.sum, image, 3);
      part.takesum.disabled = false;
      const as = canvas.model.conditional ? ` The result is drawn as ${answer.label}.` : "";
      part.sumwords.textContent = `The large picture of each box is drawn from the mean of its z, which is no mean of pixels.${as}`;
      part.sums.dataset.shown = JSON.stringify(asked); // what the tests wait for
    },
    (error) => tell(part.sumline, error.message),
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
    for (const node of [part.sum, ...boxes.map((box) => box.mean)]) {
      node.getContext("2d").clearRect(0, 0, SIDE, SIDE);
    }
    part.takesum.disabled = true;
    part.sumwords.textContent =
      "Drag a picture from below into a box, or mark a box and press pictures. An empty box counts as 0.";
  }

  function add(i, setting, node) {
    const box = boxes[i];
    if (box.kept.length === MOST)
      return tell(part.sumline, "Six pictures fill a box: take one out.");
    tell(part.sumline);
    box.kept.push(keep(setting, node));
    mark(i);
    lay();
  }

  function clear() {
    for (const box of boxes) box.kept = [];
    mark(0);
    lay();
  }

  part.clearsums.addEventListener("click", clear);
  part.takesum.addEventListener("click", () => {
    if (!result) return;
    canvas.place(result.z, result.label);
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
