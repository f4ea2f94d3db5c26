// A picture of one's own in the latent space, of the Generate tab: found, then steered as any other.
import { h, tell } from "../../components/base.js";
import { decoded, paint } from "../../components/pictures.js";
import { createProgress } from "../../components/progress.js";
import { ask, later, newest, sleep } from "../../components/requests.js";
import { createSource } from "../../components/source.js";
/** `part` are the parts of its section, `canvas` is `createCanvas`, `goto()` leads up to that. */
export function createInversion(section, part, server, canvas, upload, goto) {
  const SIDE = 32; // pixels of a picture
  const POLL = 300; // ms between two questions how far a search is

  let search = null; // { key, number } of what is being looked for
  let numSearches = 0;
  const progress = createProgress();
  part.wait.append(progress.root);

  const source = createSource(part, section, upload, {
    ontake: (taken) => {
      if (taken.origin === "camera" && taken.passing) return; // it never stands still
      stop();
      if (canvas.model.has_encoder) encode();
    },
    onnothing: () => {
      stop();
      clear();
    },
    onbusy: (isBusy) => {
      if (isBusy) part.result.setAttribute("aria-busy", "true");
      else part.result.removeAttribute("aria-busy");
    },
  });

  // --- what was found ------------------------------------------------------------------------

  async function show(found) {
    part.result.removeAttribute("aria-busy");
    part.result.hidden = false;
    await paint(part.reconstruction, found.picture);
    const seen = await paint(part.given, found.seen);
    source.sees(found.seen);
    const off = (100 * found.difference).toFixed(1);
    part.off.replaceChildren(
      canvas.model.conditional ? `The model draws it as ${found.label}. ` : "",
      "On average a pixel is off by ",
      h("strong", {}, `${off}\u00a0%`),
      " of the way from black to white.",
    );
    return seen;
  }

  function clear() {
    for (const node of [part.given, part.reconstruction]) {
      node.getContext("2d").clearRect(0, 0, SIDE, SIDE);
    }
    part.off.textContent = "";
    part.result.hidden = part.placed.hidden = true;
  }

  /** Put what was found on the canvas, with the picture itself to be compared with. */
  function toCanvas({ z, label }, seen, done) {
    part.placed.hidden = false;
    canvas.compare(seen);
    canvas.place(z, label, done);
  }

  function complain(error) {
    part.result.removeAttribute("aria-busy");
    if (source.now?.origin === "draw" && source.now.passing) return; // half a stroke
    tell(part.line, error.message);
  }

  // --- an encoder places it at once ----------------------------------------------------------

  // Within a blink nothing is announced.
  const waitLater = later(() => {
    if (isEncoding) progress.tell("Encoding it: the first time takes some seconds …");
  }, 400);
  let isEncoding = false;
  const settleLater = later(() => canvas.change(), 600); // when the stroke rests
  const send = newest(
    server.encode,
    async (found, asked) => {
      encoded();
      if (asked.number !== source.now?.number || asked.model !== canvas.model.name) return;
      tell(part.line);
      const seen = await show(found);
      toCanvas(found, seen, !asked.passing);
      if (asked.passing) settleLater();
    },
    (error) => {
      encoded();
      complain(error);
    },
    60,
  );

  function encoded() {
    isEncoding = false;
    progress.tell();
  }

  function encode() {
    const { request, number, passing } = source.now;
    isEncoding = true;
    waitLater();
    send({ ...request, number, passing, model: canvas.model.name });
  }

  // --- of other models it is looked for ------------------------------------------------------

  async function look() {
    const mine = ++numSearches;
    const { request } = source.now;
    const model = canvas.model.name;
    tell(part.line);
    part.find.disabled = part.encode.disabled = part.placed.hidden = true;
    part.stop.hidden = false;
    progress.tell("Getting ready: some ten seconds, the first time …", 0);
    try {
      const { key } = await ask(server.search, { ...request, model });
      search = { key };
      let answer;
      do {
        await sleep(POLL);
        answer = await ask(server.search_status, { key, stop: search?.isStopped === true });
        if (mine !== numSearches) return;
        const share = Math.floor(100 * answer.share);
        if (answer.share)
          progress.tell(`Looking for it by gradient descent … ${share} %`, answer.share);
        if (answer.best) await show(answer.best);
      } while (!answer.is_over);
      if (answer.best && model === canvas.model.name) {
        toCanvas(answer.best, await decoded(answer.best.seen), true);
      }
    } catch (error) {
      if (mine === numSearches) complain(error);
    }
    if (mine === numSearches) stop();
  }

  /** Nothing is looked for any more; the server gives up what nobody asks about. */
  function stop() {
    numSearches++;
    search = null;
    progress.tell();
    part.stop.hidden = true;
    part.find.disabled = part.encode.disabled = !source.now;
  }

  part.encode.addEventListener("click", encode);
  part.find.addEventListener("click", look);
  part.stop.addEventListener("click", () => {
    if (search)
      search.isStopped = true; // what was found so far is taken
    else stop();
  });
  part.steer.addEventListener("click", goto);

  return {
    /** Another model, maybe of another data set. */
    offer(set, model) {
      clear();
      source.offer(set);
      stop();
      const follows = set.channels === 1 ? " Draw, and the canvas follows." : "";
      const search = "z is moved step by step, from the best of 64 draws, so that its picture gets";
      part.how.textContent = model.has_encoder
        ? `${model.title} has an encoder: it reads the latent vector z off a picture at once.${follows} Or look for it: ${search} more like yours in what a classifier sees of both. That takes longer; the picture is often sharper, even where its pixels are further off.`
        : `${model.title} has no encoder. Look for it: ${search} more like yours in what a classifier sees of both.`;
      part.encode.hidden = !model.has_encoder;
      part.find.classList.toggle("dg-primary", !model.has_encoder);
    },
  };
}
