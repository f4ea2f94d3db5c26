// A picture of one's own in the latent space, of the Generate tab: its z is looked for, then the
// picture is steered as any other.
import { h, tell } from "../../components/base.js";
import { percent } from "../../components/figures.js";
import { decoded, paint } from "../../components/pictures.js";
import { createProgress } from "../../components/progress.js";
import { ask, later, newest, sleep } from "../../components/requests.js";
import { createSource } from "../../components/source.js";
import t from "../../text/inversion.words.js";

/** `part` are the parts of its section, `canvas` is `createCanvas`, `goto()` leads up to that. */
export function createInversion(section, part, server, canvas, upload, goto) {
  const SIDE = 32; // pixels of a picture
  const POLL = 300; // ms between two requests for how far a search is

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

  // --- the result ----------------------------------------------------------------------------

  async function show(result) {
    part.result.removeAttribute("aria-busy");
    part.result.hidden = false;
    await paint(part.reconstruction, result.picture);
    const seen = await paint(part.given, result.seen);
    source.sees(result.seen);
    const share = h("strong", {}, percent(result.difference, 1));
    const { conditional } = canvas.model;
    part.difference.replaceChildren(
      ...t.nodes("difference", { conditional, label: result.label, share }),
    );
    return seen;
  }

  function clear() {
    for (const node of [part.given, part.reconstruction]) {
      node.getContext("2d").clearRect(0, 0, SIDE, SIDE);
    }
    part.difference.textContent = "";
    part.result.hidden = part.oncanvas.hidden = true;
  }

  /** Put the result on the canvas, with the picture itself to be compared with. */
  function toCanvas({ z, label }, seen, done) {
    part.oncanvas.hidden = false;
    canvas.compare(seen);
    canvas.setZ(z, label, done);
  }

  function complain(error) {
    part.result.removeAttribute("aria-busy");
    if (source.now?.origin === "draw" && source.now.passing) return; // half a stroke
    tell(part.line, error.message);
  }

  // --- an encoder gives its z at once --------------------------------------------------------

  // Within a blink nothing is announced.
  const waitLater = later(() => {
    if (isEncoding) progress.tell(t("encoding"));
  }, 400);
  let isEncoding = false;
  const settleLater = later(() => canvas.change(), 600); // when the stroke rests
  const send = newest(
    server.encode,
    async (result, sent) => {
      encoded();
      if (sent.number !== source.now?.number || sent.model !== canvas.model.name) return;
      tell(part.line);
      const seen = await show(result);
      toCanvas(result, seen, !sent.passing);
      if (sent.passing) settleLater();
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

  async function lookFor() {
    const mine = ++numSearches;
    const { request } = source.now;
    const model = canvas.model.name;
    tell(part.line);
    part.search.disabled = part.encode.disabled = part.oncanvas.hidden = true;
    part.stop.hidden = false;
    progress.tell(t("preparing"), 0);
    try {
      const { key } = await ask(server.search, { ...request, model });
      search = { key };
      let answer;
      do {
        await sleep(POLL);
        answer = await ask(server.search_status, { key, stop: search?.isStopped === true });
        if (mine !== numSearches) return;
        const share = Math.floor(100 * answer.share) / 100;
        if (answer.share) progress.tell(t("searching", { share }), answer.share);
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

  /** Nothing is looked for any more; the server ends a search that nobody follows. */
  function stop() {
    numSearches++;
    search = null;
    progress.tell();
    part.stop.hidden = true;
    part.search.disabled = part.encode.disabled = !source.now;
  }

  part.encode.addEventListener("click", encode);
  part.search.addEventListener("click", lookFor);
  part.stop.addEventListener("click", () => {
    if (search)
      search.isStopped = true; // the best so far is taken
    else stop();
  });
  part.steer.addEventListener("click", goto);

  return {
    /** Another model, maybe of another data set. */
    offer(set, model) {
      clear();
      source.offer(set);
      stop();
      const { title } = model;
      part.how.textContent = model.has_encoder
        ? t("with-encoder", { title, drawable: set.channels === 1 })
        : t("without-encoder", { title });
      part.encode.hidden = !model.has_encoder;
      part.search.classList.toggle("dg-primary", !model.has_encoder);
    },
  };
}
