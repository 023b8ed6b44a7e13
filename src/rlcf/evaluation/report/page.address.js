// --- the address: all filters are in it, so that a view can be sent, and "back" undoes a filter

const controls = [...document.querySelectorAll("[data-param]")];
const views = []; // functions that show what the controls say
let shownQuery = null; // what they showed last
let typing = false; // whether the newest entry of the history is of text that is being typed

const standard = (control) => control.dataset.standard || "";

function query() {
  const asked = new URLSearchParams(location.search);
  controls.forEach((control) => {
    const { param } = control.dataset;
    asked.delete(param); // what is set stands in the order of the page, whatever came first
    if (control.value !== standard(control)) { asked.set(param, control.value); }
  });
  return asked.toString();
}

// Show what the controls say; `keep` is how the history takes it.
function changed(keep = "pushState") {
  const now = query();
  if (now === shownQuery) { return; }
  try { // a browser may refuse it to local files: then the filters work, without an address
    history[keep](null, "", (now ? `?${now}` : location.pathname) + location.hash);
  } catch { /* nothing to do */ }
  shownQuery = now;
  views.forEach((show) => show());
}

function followAddress() {
  const asked = new URLSearchParams(location.search);
  controls.forEach((control) => {
    control.value = asked.get(control.dataset.param) ?? standard(control);
    if (control.selectedIndex === -1) { control.value = standard(control); } // no such choice
  });
  typing = false;
  const now = query();
  if (now === shownQuery) { return; } // only a section of the page was gone to
  shownQuery = now;
  views.forEach((show) => show());
}

function startAddress() {
  let waiting;
  controls.forEach((control) => {
    control.addEventListener("change", () => {
      clearTimeout(waiting);
      changed(typing ? "replaceState" : "pushState");
      typing = false;
    });
    if (control.type !== "search") { return; }
    control.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        changed(typing ? "replaceState" : "pushState");
        typing = true;
      }, 120);
    });
  });
  document.querySelectorAll("form.filters").forEach((form) => {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.querySelector(".clear").addEventListener("click", () => {
      controls.filter((control) => form.contains(control)).forEach((control) => {
        control.value = standard(control);
      });
      changed();
    });
    form.hidden = false;
  });
  window.addEventListener("popstate", followAddress);
  followAddress();
}
