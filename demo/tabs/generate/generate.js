// The Generate tab: the canvas, and the sections under it.
import { loadCatalog } from "../../components/catalog.js";
import { createChoice } from "../../components/choice.js";
import { refs } from "../../components/base.js";
import { createArithmetic } from "./arithmetic.js";
import { createCanvas } from "./canvas.js";
import { createInversion } from "./inversion.js";
import { createMap } from "./map.js";
import { createMemorisation } from "./memorisation.js";
import { createSamples } from "./samples.js";
import { createWalk } from "./walk.js";
export async function open(element, server, upload) {
  const part = refs(element);
  const { datasets } = await loadCatalog(element, server, (found) =>
    found.datasets.some((set) => set.models.some((model) => model.generates)),
  );

  // What a press on one of the many pictures does, and what is said of it, by section. A section
  // without has no use for them.
  const SECTIONS = {
    many: {
      label: "Many at once",
      pick: toCanvas,
      words: "Press a picture to steer it above.",
    },
    walk: {
      label: "Walk",
      pick: (setting, node) => walk.add(setting, node),
      words: "Press a picture to make it a stop of the walk.",
      open: () => walk.open(),
    },
    mapcard: { label: "Map", open: () => map.open() },
    own: { label: "Your own picture" },
    sums: {
      label: "Arithmetic",
      pick: (setting, node) => sums.add(setting, node),
      words: "Drag a picture into a box, or press it to put it into the marked one.",
    },
    memory: { label: "Is it memorised?" },
  };

  const canvas = createCanvas(element, part, server, datasets, {
    onmodel(set, model) {
      many.offer(model);
      walk.clear();
      own.offer(set, model);
      sums.clear();
      map.offer();
      memory.offer();
    },
    onset: () => many.refresh(),
  });
  const many = createSamples(part, server, canvas, {
    onpick: (...picked) => SECTIONS[sections.value].pick(...picked),
    ondrag: (...dragged) => sums.drag(...dragged),
  });
  const walk = createWalk(part, server, canvas);
  const memory = createMemorisation(part, server, canvas, datasets);
  const map = createMap(part, server, canvas);
  const own = createInversion(part.own, refs(part.own), server, canvas, upload, upToCanvas);
  const sums = createArithmetic(part, server, canvas, upToCanvas);

  function toCanvas({ seed, label }) {
    canvas.state.label = label;
    canvas.begin(seed);
    upToCanvas();
  }

  function upToCanvas() {
    if (part.picture.getBoundingClientRect().top < 0) {
      const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      element.scrollIntoView({ behavior: isCalm ? "auto" : "smooth" });
    }
  }

  function showSection(name) {
    for (const other of Object.keys(SECTIONS)) part[other].hidden = other !== name;
    part.many.hidden = !SECTIONS[name].pick;
    part.pickwords.textContent = SECTIONS[name].words ?? "";
    walk.rest();
    SECTIONS[name].open?.();
  }

  const sections = createChoice("What to do with it", showSection, { hidden: true });
  sections.set(
    Object.entries(SECTIONS).map(([value, { label }]) => ({ value, label })),
    "many",
  );
  part.sections.append(sections.root);
  showSection("many");
  canvas.open();
}
