// --- the curves: a step's value under the pointer, or by the arrow keys

function readable(figure) {
  const points = JSON.parse(figure.dataset.points); // [x, y, text]
  const svg = figure.querySelector("svg");
  const drawn = (tag) => svg.appendChild(document.createElementNS(svg.namespaceURI, tag));
  const line = drawn("path"), dot = drawn("circle"), tip = make("div", "tip");
  line.setAttribute("class", "cursor");
  dot.setAttribute("class", "point");
  dot.setAttribute("r", "4");
  tip.setAttribute("aria-hidden", "true"); // the slider says it
  figure.append(tip);
  let at = points.length - 1;

  function hide() { [line, dot, tip].forEach((node) => node.classList.remove("on")); }

  function show(index) {
    at = Math.max(0, Math.min(points.length - 1, index));
    const [x, y, text] = points[at];
    const { width, height } = svg.viewBox.baseVal, box = svg.getBoundingClientRect();
    const outer = figure.getBoundingClientRect();
    line.setAttribute("d", `M${x} 10V${height - 22}`);
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    tip.textContent = text;
    svg.setAttribute("aria-valuenow", at);
    svg.setAttribute("aria-valuetext", text);
    [line, dot, tip].forEach((node) => node.classList.add("on"));
    const left = box.left - outer.left + x / width * box.width - tip.offsetWidth / 2;
    const top = box.top - outer.top + y / height * box.height;
    tip.style.left = `${Math.max(4, Math.min(outer.width - tip.offsetWidth - 4, left))}px`;
    tip.style.top = `${top > tip.offsetHeight + 40 ? top - tip.offsetHeight - 10 : top + 12}px`;
  }

  function point(event) {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    let nearest = 0;
    points.forEach((p, i) => {
      if (Math.abs(p[0] - x) < Math.abs(points[nearest][0] - x)) { nearest = i; }
    });
    show(nearest);
  }

  const moves = { ArrowLeft: () => at - 1, ArrowDown: () => at - 1, ArrowRight: () => at + 1, ArrowUp: () => at + 1,
    PageDown: () => at - 10, PageUp: () => at + 10, Home: () => 0, End: () => points.length - 1 };
  svg.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { hide(); return; }
    if (!moves[event.key] || event.ctrlKey || event.altKey || event.metaKey) { return; }
    event.preventDefault();
    show(moves[event.key]());
  });
  svg.addEventListener("focus", () => show(at));
  svg.addEventListener("blur", hide);
  ["pointermove", "pointerdown"].forEach((name) => svg.addEventListener(name, point));
  // A finger that is lifted leaves too: what it pointed at is to be read then.
  svg.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") { hide(); } });
  const attributes = { role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": at,
    "aria-valuenow": at, "aria-valuetext": points[at][2] };
  Object.entries(attributes).forEach(([name, value]) => svg.setAttribute(name, value));
}

document.querySelectorAll("figure[data-points]").forEach(readable);
