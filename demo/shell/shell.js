// The frame of the page: light or dark, and the tab that the address asks for.

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
  const tabs = [
    .../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#tabs [role=tab]")),
  ];
  const tab = tabs.find((one) => one.textContent.trim().toLowerCase() === name);
  if (tab) tab.click();
  else if (patience) setTimeout(() => openLinkedTab(patience - 1), 100);
}

export function open(element) {
  recallTheme();
  openLinkedTab();
  element.querySelector("button").addEventListener("click", toggleTheme);
}
