// The frame of the page: light or dark, and the tab that the address asks for, and the language
// that is spoken.
import language from "../text/language.js";

const THEME = "dg-theme";

/** Light or dark. An embedded page may be denied its storage; then the choice lasts a visit. */
function toggleTheme() {
  const dark = document.body.classList.toggle("dark");
  try {
    localStorage.setItem(THEME, dark ? "dark" : "light");
  } catch {}
}

/** The visitor's own choice from an earlier visit, unless the address asks for one. */
function recallTheme() {
  if (new URLSearchParams(location.search).has("__theme")) return;
  try {
    const theme = localStorage.getItem(THEME);
    if (theme) document.body.classList.toggle("dark", theme === "dark");
  } catch {}
}

/** Open the tab of an address such as "#generate?model=…", once Gradio has put the tabs there. */
function openLinkedTab(patience = 100) {
  const [, name] = location.hash.match(/^#(\w+)\?/) ?? [];
  if (!name) return;
  const tab = document.getElementById(`tab-${name}-button`);
  if (tab) tab.click();
  else if (patience) setTimeout(() => openLinkedTab(patience - 1), 100);
}

/** Say in which language the page is: Gradio says that of the browser, in which it has words too. */
function tellLanguage() {
  const root = document.documentElement;
  const tellAgain = () => {
    if (root.lang !== language.code) root.lang = language.code;
  };
  tellAgain();
  new MutationObserver(tellAgain).observe(root, { attributeFilter: ["lang"] });
}

/** @param {HTMLElement} element */
export function open(element) {
  tellLanguage();
  recallTheme();
  openLinkedTab();
  element.querySelector("button").addEventListener("click", toggleTheme);
}
