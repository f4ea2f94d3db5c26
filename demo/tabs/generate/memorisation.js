// Is it memorised? Of the Generate tab: the training pictures nearest to that on the canvas.
import { tell, whenShown } from "../../components/base.js";
import { createNeighbours } from "../../components/neighbours.js";
import { later, newest } from "../../components/requests.js";
import t from "../../text/memorisation.words.js";

/** `canvas` is `createCanvas`; `datasets` has the models that draw nothing too. */
export function createMemorisation(part, server, canvas, datasets) {
  const PAUSE = 350; // ms without another picture, before it is compared

  canvas.mirror(part.memorisedpicture);
  const neighbours = createNeighbours(part, server, () => compare());
  const isShown = () => part.memorisation.offsetParent !== null;

  /** The model by whose features pictures are near: the chosen one, else the plain classifier. */
  function featureModel() {
    const { models } = datasets.find(({ key }) => key === canvas.set.key);
    const plain = models.filter(({ recipe }) => recipe === "cnn");
    return [canvas.model, ...plain, ...models].find((model) => model.has_features);
  }

  const send = newest(
    server.nearest,
    async (answer, { label, model }) => {
      if (model !== canvas.model.name) return;
      tell(part.nearestline);
      part.memorisation.removeAttribute("aria-busy");
      await neighbours.show(canvas.set, answer, canvas.model.conditional ? { label } : null);
    },
    (error) => {
      part.memorisation.removeAttribute("aria-busy");
      neighbours.fail();
      tell(part.nearestline, error.message);
    },
  );

  function compare() {
    if (!isShown()) return;
    const model = featureModel();
    neighbours.comparedBy(model);
    if (!model) return tell(part.nearestline, t("no-features"));
    part.memorisation.setAttribute("aria-busy", "true");
    send({ ...canvas.request(), feature_model: model.name });
  }

  canvas.onsettle(later(compare, PAUSE));
  whenShown(part.memorisation, compare);
  return {
    /** Another model may have been trained on other pictures. */
    offer() {
      neighbours.clear();
      neighbours.rest();
      tell(part.nearestline);
    },
  };
}
