// The training pictures nearest to a picture, of the Classify and the Generate tab.
import { createAvailability } from "./availability.js";
import { h } from "./base.js";
import { cut, decoded } from "./pictures.js";
import { createProgress } from "./progress.js";
import { later } from "./requests.js";
/** The piece near.html. `again()` asks for them anew, while they are being read or once they came. */
export function createNeighbours(part, server, again) {
  const NUM_NEAR = 8; // training pictures for which there is room
  const POLL = 700; // ms between two questions how far a reading is
  const FEW = 0.05; // share of training pictures that lie as far from the others as few do

  const neighbours = [...Array(NUM_NEAR)].map(() => {
    const canvas = h("canvas", { class: "dg-pixels", width: 32, height: 32, role: "img" });
    const name = h("span", { class: "dg-name" });
    const value = h("span", { class: "dg-number" });
    const root = h("li", {}, canvas, name, value);
    return { root, canvas, name, value };
  });
  part.near.append(...neighbours.map((cell) => cell.root));
  const reading = createProgress();
  const availability = createAvailability(
    server,
    "training",
    "The pictures that it was trained on do not come with the page.",
    () => {
      availability.show(false);
      again();
    },
  );
  part.nearwait.append(availability.root, reading.root);
  const askAgain = later(again, POLL);

  /**
   * Show an answer about a data set. `said` is the class that the picture is held to be, in words:
   * { label, of: “that … says”, but: “… says 7” }, or null.
   */
  async function show(set, answer, said) {
    const isFound = "grid" in answer;
    const isMissing = "availability" in answer;
    if (isMissing) availability.offer(set, answer.availability);
    availability.show(isMissing);
    part.nearfound.hidden = !isFound;
    if (isFound || isMissing) reading.tell();
    else {
      const number = answer.total ? ` ${answer.total.toLocaleString("en")}` : "";
      const share = Math.floor(100 * answer.share);
      reading.tell(`Reading the${number} training pictures once … ${share} %`, answer.share);
      askAgain();
    }
    if (isFound) await showNeighbours(answer, said);
  }

  async function showNeighbours({ grid, labels, distances, identical, share_further }, said) {
    const image = await decoded(grid);
    neighbours.forEach(({ root, canvas, name, value }, i) => {
      root.hidden = i >= labels.length;
      if (root.hidden) return;
      cut(canvas, image, i);
      canvas.setAttribute("aria-label", `A training picture of ${labels[i]}`);
      root.classList.toggle("dg-top", labels[i] === said?.label);
      name.textContent = name.title = labels[i];
      value.textContent = identical[i] ? "0, this very one" : distances[i].toFixed(2);
    });
    part.nearmet.textContent = metBefore(identical[0], share_further);
    part.nearsays.textContent = said ? theirClasses(labels, said) : "";
  }

  /** Whether it has met the like of the picture; `further` is the share of training pictures that lie
   * this far or further from all others. */
  function metBefore(isSame, further) {
    if (isSame) return "It has met this very picture: it was trained on it.";
    const number = Math.round(1000 * further);
    const like =
      further >= FEW
        ? "It has met something like it before"
        : number
          ? "It has met little like it"
          : "It has met nothing like it";
    const lie = number > 1 ? `${number} lie` : `${number || "none"} lies`;
    return `${like}: of 1,000 training pictures, ${lie} this far or further from all others.`;
  }

  /** What the classes of the nearest say of the class that the picture is held to be. */
  function theirClasses(labels, { label, of, but }) {
    const num = labels.length;
    const alike = labels.filter((one) => one === label).length;
    if (alike) {
      const some = alike === num ? `All ${num}` : `${alike} of the ${num}`;
      return `${some} are of the class ${of}: ${label}.`;
    }
    const isOne = labels.every((one) => one === labels[0]);
    const are = isOne ? `all ${num} are of the class ${labels[0]}` : `none of the ${num} is of it`;
    return `${but}, but ${are}.`;
  }

  function clear() {
    for (const { root, canvas, name, value } of neighbours) {
      root.hidden = false;
      root.classList.remove("dg-top");
      canvas.getContext("2d").clearRect(0, 0, 32, 32);
      name.textContent = value.textContent = "";
    }
    part.nearmet.textContent = part.nearsays.textContent = "";
  }

  return {
    show,
    clear,
    /** What went wrong is told elsewhere. */
    fail: () => reading.tell(),
    /** Another question begins. */
    rest() {
      availability.show(false);
      reading.tell();
      part.nearfound.hidden = false;
    },
    /** The model whose features tell what is near, or undefined. */
    judgedBy(model) {
      part.nearhow.textContent = model
        ? `Near means that the features in which ${model.title} describes pictures differ little, not their pixels. 1 is how far a training picture usually (in the median) lies from the one nearest to it.`
        : "";
    },
  };
}
