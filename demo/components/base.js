// Small pieces of the page: elements, the named parts of a markup, lines of words.

/**
 * An element: h("p", { class: "dg-line", onclick }, "text", child).
 * @param {string} tag
 * @param {Record<string, any>} attributes what is null, undefined or false is left out
 * @param {...(string | Node)} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/**
 * The parts of a tab's markup by the name in their data-ref. What lies inside an element with
 * data-scope has its names to itself: a tab may hold a piece of another.
 * @param {HTMLElement} element
 * @returns {Parts}
 */
export function refs(element) {
  const scope = element.closest("[data-scope]");
  /** @type {NodeListOf<HTMLElement>} */
  const named = element.querySelectorAll("[data-ref]");
  const nodes = [...named].filter((node) => node.parentElement.closest("[data-scope]") === scope);
  return Object.fromEntries(nodes.map((node) => [node.dataset.ref, node]));
}

/**
 * Show a message in a line of its own, or hide the line when there is none.
 * @param {HTMLElement} line
 * @param {string | null} words
 */
export function tell(line, words = "") {
  line.textContent = words;
  line.hidden = !words;
}

/**
 * Call whenever the element comes into view, such as when its tab is opened.
 * @param {HTMLElement} element
 * @param {() => void} call
 */
export function whenShown(element, call) {
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) call();
  }).observe(element);
}
