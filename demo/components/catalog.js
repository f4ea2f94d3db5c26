// What models there are, or what to do where there is none.
import t from "../text/catalog.words.js";
import { h } from "./base.js";
import { ask, sleep } from "./requests.js";

const TRAIN = "python -m dgm.train dcgan --dataset mnist";

/**
 * The catalog, and a note in place of the tab where there is nothing to show.
 * @param {HTMLElement} element the tab
 * @param {Server} server
 * @param {(found: Catalog.Found) => boolean} isUsable whether there is anything to show
 * @returns {Promise<Catalog.Found>}
 */
export async function loadCatalog(element, server, isUsable) {
  const tab = element.querySelector(".dg");
  /** @type {HTMLElement} */
  const note = element.querySelector("[data-ref=note]");
  for (;;) {
    try {
      const found = await ask(server.catalog, {});
      tab.classList.remove("dg-waiting");
      if (isUsable(found)) {
        note.hidden = true;
        return found;
      }
      note.replaceChildren(
        h("h2", {}, t("title")),
        h("p", {}, t("train")),
        h("pre", { tabindex: "0" }, TRAIN),
        h("p", {}, t("appears")),
      );
      tab.classList.add("dg-empty");
    } catch (error) {
      note.replaceChildren(h("p", {}, error.message));
    }
    note.hidden = false;
    await sleep(5_000);
    tab.classList.remove("dg-empty");
  }
}
