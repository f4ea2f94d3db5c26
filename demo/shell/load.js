// Written into the head of the page. Loads what a part of the page needs, once Gradio has put its
// markup there: all of its files side by side, not one import after another.
"use strict";
{
  const { prefix, first, older } = document.currentScript.dataset;
  const root = new URL(window.gradio_config.root, location.href).pathname.replace(/\/$/, "");
  const addressOf = (path) => new URL(root + prefix + path, location.href).href;

  /** The link to a file; it begins to load it where no other part did. */
  const linkTo = (path) => {
    const href = addressOf(path);
    const links = [...document.head.querySelectorAll("link")];
    const known = links.find((link) => link.href === href);
    if (known) return known;
    const rel = path.endsWith(".css") ? "stylesheet" : "modulepreload";
    const link = Object.assign(document.createElement("link"), { rel, href });
    document.head.append(link);
    return link;
  };

  /** Whether there or not: a page without its styles is better than none. */
  const over = (link) =>
    link.rel !== "stylesheet" ||
    link.sheet ||
    new Promise((done) => {
      link.addEventListener("load", done);
      link.addEventListener("error", done);
    });

  document.addEventListener("dgm:open", async ({ detail }) => {
    const { files, element, server, upload } = detail; // the last file is the part's own module
    const links = files.map(linkTo);
    const module = import(addressOf(files.at(-1))).catch(() => null);
    const [part] = await Promise.all([module, ...links.map(over)]);
    const markup = element.firstElementChild;
    markup.classList.add("dg-styled");
    if (part) return part.open(element, server, upload);
    /** @type {HTMLElement} */
    const note = markup.querySelector("[data-ref=note]");
    if (!note) return;
    note.textContent = older;
    note.hidden = false;
  });

  // What the first view needs is under way before Gradio lays it out.
  JSON.parse(first).forEach(linkTo);
}
