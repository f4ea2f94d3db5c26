// The pictures of a data set that do not come with the page: offered, and watched while they come.
import t from "../text/availability.words.js";
import { h, tell } from "./base.js";
import { createProgress } from "./progress.js";
import { ask, sleep } from "./requests.js";

/**
 * `kind` is "test" or "training", `lead` says that they are not there; `onthere` is called once a
 * download has brought them. Hidden until it is shown.
 */
export function createAvailability(server, kind, lead, onthere) {
  const note = h("p", { class: "dg-soft" });
  const button = h("button", {
    type: "button",
    class: "dg-button dg-primary dg-fetch",
    onclick: () => watch(true),
  });
  const progress = createProgress();
  const line = h("p", { class: "dg-line", role: "alert", hidden: true });
  const words = h("pre", { tabindex: "0" });
  const tried = h("details", {}, h("summary", {}, t("tried")), words);
  const root = h(
    "div",
    { class: "dg-availability", hidden: true },
    note,
    h("div", {}, button),
    progress.root,
    line,
    tried,
  );
  let set = null;
  let state = null; // { is_local, num_bytes, has_both_splits, share, failure }
  let numWatched = 0;

  function draw() {
    const { num_bytes: bytes, has_both_splits, share, failure } = state;
    const isLoading = share !== null;
    const megabytes = Math.max(1, Math.round(bytes / 1e6));
    const dataset = set.title;
    note.textContent = bytes ? lead : t(`not-here-${kind}`, { dataset });
    button.hidden = isLoading || !bytes;
    const offer = has_both_splits ? `${kind}-both` : kind;
    button.textContent = t(`download-${offer}`, { dataset, megabytes });
    const whole = Math.floor(100 * share) / 100; // 100 % only once all of it has come
    const progressed = share < 1 ? t("progress", { share: whole, megabytes }) : t("checking");
    progress.tell(isLoading ? progressed : "", share ?? 0);
    const [first, ...more] = isLoading ? [""] : failure.split("\n");
    tell(line, first && t("failed", { reason: first.replace(/ Tried:$/, "") }));
    tried.hidden = !more.length;
    words.textContent = more.join("\n");
  }

  /** Begin a download, or only look after one, until it is over. */
  async function watch(fetch) {
    const mine = ++numWatched;
    /** @type {{ dataset: string, fetch?: boolean }} */
    let request = { dataset: set.key, fetch };
    do {
      try {
        const answer = await ask(server.pictures, request);
        if (mine !== numWatched) return;
        state = answer;
      } catch (error) {
        if (mine === numWatched) tell(line, error.message);
        return;
      }
      draw();
      request = { dataset: set.key };
      await sleep(state.share === null ? 0 : 400);
    } while (mine === numWatched && state.share !== null);
    if (mine === numWatched && state.is_local) onthere();
  }

  return {
    root,
    isThere: () => state.is_local,
    /** How those of a data set stand. */
    offer(nextSet, nextState) {
      [set, state] = [nextSet, nextState];
      numWatched++;
      draw();
      if (state.share !== null) watch(false);
    },
    show(isShown) {
      root.hidden = !isShown;
    },
  };
}
