// Is it memorised? Of the Generate tab: the training pictures nearest to that on the canvas.
import { tell, whenShown } from "../../components/base.js";
import { createNeighbours } from "../../components/neighbours.js";
import { later, newest } from "../../components/requests.js";
/** `canvas` is `createCanvas`; `datasets` has the models that draw nothing too. */
export function createMemorisation(part, server, canvas, datasets) {
  const PAUSE = 350; // ms without another picture, before it is asked about

  canvas.mirror(part.remembered);
  const neighbours = createNeighbours(part, server, () => ask());
  const isShown = () => part.memory.offsetParent !== null;

  /** By whose features pictures are compared: the model's own, else those of the plain classifier. */
  function comparing() {
    const { models } = datasets.find(({ key }) => key === canvas.set.key);
    const plain = models.filter(({ recipe }) => recipe === "cnn");
    return [canvas.model, ...plain, ...models].find((model) => model.has_features);
  }

  const send = newest(
    server.nearest,
    async (answer, { label, model }) => {
      if (model !== canvas.model.name) return;
      tell(part.nearestline);
      part.memory.removeAttribute("aria-busy");
      await neighbours.show(canvas.set, answer, canvas.model.conditional ? { label } : null);
    },
    (error) => {
      part.memory.removeAttribute("aria-busy");
      neighbours.fail();
      tell(part.nearestline, error.message);
    },
  );

  function ask() {
    if (!isShown()) return;
    const model = comparing();
    neighbours.comparedBy(model);
    if (!model)
      return tell(part.nearestline, "No model here describes these pictures by features.");
    part.memory.setAttribute("aria-busy", "true");
    send({ ...canvas.request(), feature_model: model.name });
  }

  canvas.onsettle(later(ask, PAUSE));
  whenShown(part.memory, ask);
  return {
    /** Another model may have been trained on other pictures. */
    offer() {
      neighbours.clear();
      neighbours.rest();
      tell(part.nearestline);
    },
  };
}
