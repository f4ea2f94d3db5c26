// Many pictures at once, of the Generate tab: a grid of samples, each of which can be picked.
import { createChoice } from "../../components/choice.js";
import { h, tell } from "../../components/base.js";
import { randomSeed } from "../../components/figures.js";
import { cut, decoded, saveGrid } from "../../components/pictures.js";
import { later, newest } from "../../components/requests.js";
import t from "../../text/samples.words.js";
import { pictureName } from "./kept.js";

/**
 * `canvas` is `createCanvas`; `onpick` and `ondrag` get the setting and the canvas of a picture
 * that is pressed or dragged.
 */
export function createSamples(part, server, canvas, { onpick, ondrag }) {
  const SIDE = 32; // pixels of a picture

  let grid = null; // { image, columns, seeds, labels, truncation } as last drawn
  let firstSeed = 1;

  const which = createChoice(t("which"), () => send(request()), { hidden: true });
  which.set(
    [
      { value: "all", label: t("all-classes") },
      { value: "one", label: t("this-class") },
    ],
    "all",
  );
  part.whichclasses.append(which.root);

  const request = () => ({
    model: canvas.model.name,
    label: which.value === "one" ? canvas.state.label : null,
    seed: firstSeed,
    truncation: canvas.state.truncation,
  });
  const refresh = later(() => send(request()), 150);

  const send = newest(
    server.samples,
    async (answer, sent) => {
      if (sent.model !== canvas.model.name) return;
      const image = await decoded(answer.grid);
      grid = { ...answer, image, truncation: sent.truncation };
      const groups = new Map();
      answer.labels.forEach((name, i) => groups.set(name, [...(groups.get(name) ?? []), i]));
      part.tiles.classList.toggle("dg-one-class", groups.size === 1);
      part.tiles.replaceChildren(
        ...[...groups].map(([name, indices]) =>
          h(
            "div",
            { class: "dg-group" },
            h("h3", {}, name || t("any-class")),
            h("div", { class: "dg-tiles" }, ...indices.map((i) => tile(i))),
          ),
        ),
      );
      // One stop of the Tab key for all of them; arrow keys go from picture to picture.
      const first = part.tiles.querySelector("button");
      if (first) first.tabIndex = 0;
    },
    (error) => tell(part.line, error.message),
  );

  /** The setting of a sample; of a model that is asked for no class, that of the canvas stays. */
  const settingOf = (i) => ({
    model: canvas.model.name,
    label: grid.labels[i] || canvas.state.label,
    seed: grid.seeds[i],
    truncation: grid.truncation,
  });

  function tile(i) {
    const node = h("canvas", { class: "dg-pixels", width: SIDE, height: SIDE });
    cut(node, grid.image, i % grid.columns, Math.floor(i / grid.columns));
    const setting = settingOf(i);
    return h(
      "button",
      {
        type: "button",
        tabindex: "-1",
        class: "dg-tile",
        draggable: "true",
        title: pictureName(setting, false),
        "aria-label": pictureName(setting, Boolean(grid.labels[i])),
        onclick: () => onpick(setting, node),
        ondragstart: () => ondrag(setting, node),
      },
      node,
    );
  }

  part.tiles.addEventListener("keydown", (event) => {
    const tiles = [...part.tiles.querySelectorAll("button")];
    const at = tiles.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tiles.length - 1 }[
      event.key
    ];
    if (at < 0 || next === undefined || !tiles[next]) return;
    event.preventDefault();
    tiles[at].tabIndex = -1;
    tiles[next].tabIndex = 0;
    tiles[next].focus();
  });
  part.otherseeds.addEventListener("click", () => {
    firstSeed = randomSeed();
    send(request());
  });
  part.savegrid.addEventListener("click", () => {
    if (!grid) return;
    const words = t(which.value === "one" ? "file" : "file-all");
    saveGrid(canvas.fileName(words), grid.image, 4, canvas.isSmooth());
  });

  return {
    refresh,
    offer(model) {
      part.whichclasses.hidden = !model.conditional;
      refresh();
    },
  };
}
