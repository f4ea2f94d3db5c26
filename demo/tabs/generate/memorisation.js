// Is it memorised? Of the Generate tab: the training pictures nearest to that on the canvas.
import { tell, whenShown } from "../../components/base.js";
import { createNeighbours } from "../../components/neighbours.js";
import { later, newest } from "../../components/requests.js";
/** `canvas` is `createCanvas`; `datasets` has the models that draw nothing too. */
export function createMemorisation(part, server, canvas, datasets) {
  const PAUSE = 350; // ms without another picture, before it is asked about

  canvas.mirror(part.remembered);
  const near = createNeighbours(part, server, () => ask());
  const isShown = () => part.memory.offsetParent !== null;

  /** Whose features tell what is near: the model's own, else those of the plain classifier. */
  function judge() {
    const { models } = datasets.find(({ key }) => key === canvas.set.key);
    const plain = models.filter(({ recipe }) => recipe === "cnn");
    return [canvas.model, ...plain, ...models].find((model) => model.has_features);
  }

  const send = newest(
    server.nearest,
    async (answer, { label, model }) => {
      if (model !== canvas.model.name) return;
      tell(part.nearline);
      part.memory.removeAttribute("aria-busy");
      const said = { label, of: "that was asked for", but: `${label} was asked for` };
      await near.show(canvas.set, answer, canvas.model.conditional ? said : null);
    },
    (error) => {
      part.memory.removeAttribute("aria-busy");
      near.fail();
      tell(part.nearline, error.message);
    },
  );

  function ask() {
    if (!isShown()) return;
    const eye = judge();
    near.judgedBy(eye);
    if (!eye) return tell(part.nearline, "No model here describes these pictures by features.");
    part.memory.setAttribute("aria-busy", "true");
    send({ ...canvas.request(), feature_model: eye.name });
  }

  canvas.onsettle(later(ask, PAUSE));
  whenShown(part.memory, ask);
  return {
    /** Another model may have been trained on other pictures. */
    offer() {
      near.clear();
      near.rest();
      tell(part.nearline);
    },
  };
}
