// The training pictures nearest to a picture, of the Classify and the Generate tab.
import t from "../text/neighbours.words.js";
import { createAvailability } from "./availability.js";
import { h } from "./base.js";
import { cut, decoded } from "./pictures.js";
import { createProgress } from "./progress.js";
import { number } from "./figures.js";
import { later } from "./requests.js";

/** The piece neighbours.html. `again()` asks for them anew, while they are being read or once they came. */
export function createNeighbours(part, server, again) {
  const NUM_SHOWN = 8; // training pictures for which there is room
  const POLL = 700; // ms between two questions how far a reading is
  const FEW = 0.05; // share of training pictures that lie as far from the others as few do

  const neighbours = [...Array(NUM_SHOWN)].map(() => {
    const canvas = h("canvas", { class: "dg-pixels", width: 32, height: 32, role: "img" });
    const name = h("span", { class: "dg-name" });
    const value = h("span", { class: "dg-number" });
    const root = h("li", {}, canvas, name, value);
    return { root, canvas, name, value };
  });
  part.nearest.append(...neighbours.map((cell) => cell.root));
  const reading = createProgress();
  const availability = createAvailability(server, "training", t("away"), () => {
    availability.show(false);
    again();
  });
  part.nearestwait.append(availability.root, reading.root);
  const askAgain = later(again, POLL);

  /**
   * Show an answer about a data set. `claim` is the class that the picture is held to be, or null:
   * { label, model: the title of the model that predicts it; undefined where it was asked for }.
   */
  async function show(set, answer, claim = null) {
    const isFound = "grid" in answer;
    const isMissing = "availability" in answer;
    if (isMissing) availability.offer(set, answer.availability);
    availability.show(isMissing);
    part.nearestfound.hidden = !isFound;
    if (isFound || isMissing) reading.tell();
    else {
      const { total, share } = answer;
      reading.tell(t("reading", { total, share: Math.floor(100 * share) / 100 }), share);
      askAgain();
    }
    if (isFound) await showNeighbours(answer, claim);
  }

  async function showNeighbours({ grid, labels, distances, identical, share_further }, claim) {
    const image = await decoded(grid);
    neighbours.forEach(({ root, canvas, name, value }, i) => {
      root.hidden = i >= labels.length;
      if (root.hidden) return;
      cut(canvas, image, i);
      canvas.setAttribute("aria-label", t("picture", { label: labels[i] }));
      root.classList.toggle("dg-top", labels[i] === claim?.label);
      name.textContent = name.title = labels[i];
      value.textContent = identical[i] ? t("identical") : number(distances[i], 2);
    });
    part.nearestfirst.textContent = metBefore(identical[0], share_further);
    part.nearestclasses.textContent = claim ? classesOf(labels, claim) : "";
  }

  /** Whether it has met the like of the picture; `further` is the share of training pictures that lie
   * this far or further from all others. */
  function metBefore(isSame, further) {
    if (isSame) return t("met-identical");
    const num = Math.round(1000 * further);
    if (further >= FEW) return t("met-alike", { number: num });
    return num ? t("met-little", { number: num }) : t("met-nothing");
  }

  /** How many of the nearest are of the class that the picture is held to be. */
  function classesOf(labels, { label, model }) {
    const num = labels.length;
    const alike = labels.filter((one) => one === label).length;
    const areOne = labels.every((one) => one === labels[0]);
    const extent = alike ? (areOne ? "all" : "some") : areOne ? "another" : "none";
    const values = { label, model, num, alike, other: labels[0] };
    return model ? t(`predicted-${extent}`, values) : t(`requested-${extent}`, values);
  }

  function clear() {
    for (const { root, canvas, name, value } of neighbours) {
      root.hidden = false;
      root.classList.remove("dg-top");
      canvas.getContext("2d").clearRect(0, 0, 32, 32);
      name.textContent = value.textContent = "";
    }
    part.nearestfirst.textContent = part.nearestclasses.textContent = "";
  }

  return {
    show,
    clear,
    /** What went wrong stands elsewhere. */
    fail: () => reading.tell(),
    /** Another question begins. */
    rest() {
      availability.show(false);
      reading.tell();
      part.nearestfound.hidden = false;
    },
    /** The model by whose features pictures are compared, or undefined. */
    comparedBy(model) {
      part.nearesthow.textContent = model ? t("how", { model: model.title }) : "";
    },
  };
}
