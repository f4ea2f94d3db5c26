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
import t from "../../text/generate.words.js";

export async function open(element, server, upload) {
  const part = refs(element);
  const { datasets } = await loadCatalog(element, server, (catalog) =>
    catalog.datasets.some((set) => set.models.some((model) => model.generates)),
  );

  // What a press on one of the samples does, and the words on it, by section. A section without has
  // no use for samples.
  const SECTIONS = {
    samples: { label: "section-samples", pick: toCanvas, hint: "pick-to-steer" },
    walk: {
      label: "section-walk",
      pick: (setting, node) => walk.add(setting, node),
      hint: "pick-a-stop",
      open: () => walk.open(),
    },
    mapcard: { label: "section-map", open: () => map.open() },
    inversion: { label: "section-inversion" },
    arithmetic: {
      label: "section-arithmetic",
      pick: (setting, node) => arithmetic.add(setting, node),
      hint: "pick-for-a-box",
    },
    memorisation: { label: "section-memorisation" },
  };

  const canvas = createCanvas(element, part, server, datasets, {
    onmodel(set, model) {
      samples.offer(model);
      walk.clear();
      inversion.offer(set, model);
      arithmetic.clear();
      map.offer();
      memorisation.offer();
    },
    onset: () => samples.refresh(),
  });
  const samples = createSamples(part, server, canvas, {
    onpick: (...picked) => SECTIONS[sections.value].pick(...picked),
    ondrag: (...dragged) => arithmetic.drag(...dragged),
  });
  const walk = createWalk(part, server, canvas);
  const memorisation = createMemorisation(part, server, canvas, datasets);
  const map = createMap(part, server, canvas);
  const section = part.inversion;
  const inversion = createInversion(section, refs(section), server, canvas, upload, upToCanvas);
  const arithmetic = createArithmetic(part, server, canvas, upToCanvas);

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
    const { pick, hint } = SECTIONS[name];
    part.samples.hidden = !pick;
    part.pickwords.textContent = hint ? t(hint) : "";
    walk.rest();
    SECTIONS[name].open?.();
  }

  const sections = createChoice(t("sections"), showSection, { hidden: true });
  sections.set(
    Object.entries(SECTIONS).map(([value, { label }]) => ({ value, label: t(label) })),
    "samples",
  );
  part.sections.append(sections.root);
  showSection("samples");
  canvas.open();
}
