// Many pictures at once, of the Generate tab: a sheet of samples, each of which can be picked.
"use strict";

/** A picture kept for later: `setting` is what it follows from, `node` the canvas that shows it. */
studio.kept = (setting, node) => {
  const image = studio.h("canvas", { width: node.width, height: node.height });
  image.getContext("2d").drawImage(node, 0, 0);
  return { setting, image };
};

/** A kept picture in a list; `onaway` is called when it is taken out. */
studio.keptItem = ({ setting, image }, isConditional, onaway) => {
  const { h } = studio;
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
};

/**
 * `canvas` is `studio.canvas`; `onpick` and `ondrag` get the setting and the canvas of a picture
 * that is pressed or dragged.
 */
studio.many = (part, server, canvas, { onpick, ondrag }) => {
  const { h, newest, later, choice, decoded, cut, tell, randomSeed } = studio;
  const SIDE = 32; // pixels of a picture

  let sheet = null; // { image, columns, seeds, labels, truncation } as last drawn
  let firstSeed = 1;

  const which = choice("Which", () => send(request()), { hidden: true });
  which.set(
    [
      { value: "all", label: "All classes" },
      { value: "one", label: "This class" },
    ],
    "all",
  );
  part.which.append(which.root);

  const request = () => ({
    model: canvas.model.name,
    label: which.value === "one" ? canvas.state.label : null,
    seed: firstSeed,
    truncation: canvas.state.truncation,
  });
  const refresh = later(() => send(request()), 150);

  const send = newest(
    server.samples,
    async (answer, asked) => {
      if (asked.model !== canvas.model.name) return;
      const image = await decoded(answer.sheet);
      sheet = { ...answer, image, truncation: asked.truncation };
      const groups = new Map();
      answer.labels.forEach((name, i) => groups.set(name, [...(groups.get(name) ?? []), i]));
      part.samples.classList.toggle("dg-one-class", groups.size === 1);
      part.samples.replaceChildren(
        ...[...groups].map(([name, indices]) =>
          h(
            "div",
            { class: "dg-group" },
            h("h3", {}, name || "Of whatever class"),
            h("div", { class: "dg-tiles" }, ...indices.map((i) => tile(i))),
          ),
        ),
      );
      // One stop of the Tab key for all of them; arrow keys go from picture to picture.
      const first = part.samples.querySelector("button");
      if (first) first.tabIndex = 0;
    },
    (error) => tell(part.line, error.message),
  );

  /** The setting of a sample; of a model that is asked for no class, that of the canvas stays. */
  const settingOf = (i) => ({
    model: canvas.model.name,
    label: sheet.labels[i] || canvas.state.label,
    seed: sheet.seeds[i],
    truncation: sheet.truncation,
  });

  function tile(i) {
    const node = h("canvas", { class: "dg-pixels", width: SIDE, height: SIDE });
    cut(node, sheet.image, i % sheet.columns, Math.floor(i / sheet.columns));
    const setting = settingOf(i);
    return h(
      "button",
      {
        type: "button",
        tabindex: "-1",
        class: "dg-tile",
        draggable: "true",
        title: `seed ${sheet.seeds[i]}`,
        "aria-label": [sheet.labels[i], `seed ${sheet.seeds[i]}`].filter(Boolean).join(", "),
        onclick: () => onpick(setting, node),
        ondragstart: () => ondrag(setting, node),
      },
      node,
    );
  }

  part.samples.addEventListener("keydown", (event) => {
    const tiles = [...part.samples.querySelectorAll("button")];
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
  part.more.addEventListener("click", () => {
    firstSeed = randomSeed();
    send(request());
  });
  part.savesheet.addEventListener("click", () => {
    if (!sheet) return;
    const words = which.value === "one" ? "samples" : "all-samples";
    studio.saveSheet(canvas.fileName(words), sheet.image, 4, canvas.isSmooth());
  });

  return {
    refresh,
    offer(model) {
      part.which.hidden = !model.conditional;
      refresh();
    },
  };
};
