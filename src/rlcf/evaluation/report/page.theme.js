// --- the theme: as the system has it, or as the reader wants it

const THEMES = ["auto", "light", "dark"];
const button = find("theme");
let theme = "auto";
function paint(value) {
  theme = THEMES.includes(value) ? value : "auto";
  document.documentElement.dataset.theme = theme;
  button.textContent = `Theme: ${theme}`;
}
function stored(value) {
  try { // a browser may refuse storage to local files
    if (value) { localStorage.setItem("rlcf-theme", value); }
    return localStorage.getItem("rlcf-theme");
  } catch { return null; }
}
button.addEventListener("click", () => {
  paint(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]);
  stored(theme);
});
button.hidden = false;
paint(stored());

// --- all is there: show what the address asks for

startAddress();
const firstPair = document.querySelector("#list > details");
if (firstPair) { firstPair.open = true; }
