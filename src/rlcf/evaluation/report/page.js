// The browser of programs: filters and panes, made from the JSON in the page.
// Everything from outside enters as text (textContent), never as HTML. Nothing is fetched.
"use strict";

const PAGE = 40; // pairs that are listed at a time
const source = document.getElementById("programs");
const names = [source.dataset.before, source.dataset.after];
const data = JSON.parse(source.textContent);
const pairs = data.pairs.map(([place, sample, before, after]) => (
  { task: data.tasks[place], sample, before, after }));
const find = (id) => document.getElementById(id);

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) { node.className = className; }
  node.append(...children);
  return node;
}

// --- what can be filtered by

const judged = (side) => side.state !== "absent" && side.state !== "unscored";
const compiles = (side) => judged(side) && side.state !== "rejected";
const passes = (side) => side.state === "passed";
const both = (p) => judged(p.before) && judged(p.after);
const CHANGES = {
  "All": () => true,
  "Now compiles": (p) => both(p) && !compiles(p.before) && compiles(p.after),
  "No longer compiles": (p) => both(p) && compiles(p.before) && !compiles(p.after),
  "Now passes": (p) => both(p) && !passes(p.before) && passes(p.after),
  "No longer passes": (p) => both(p) && passes(p.before) && !passes(p.after),
  "Rejected on both sides": (p) => both(p) && !compiles(p.before) && !compiles(p.after),
};
const classes = (p) => [...(p.before.classes || []), ...(p.after.classes || [])];
const plain = (side) => (side.program || []).map((x) => typeof x === "string" ? x : x[0]).join("");

function haystack(p) {
  p.text ??= [p.task.id, p.task.title, p.task.prompt, plain(p.before), plain(p.after),
    ...(p.before.messages || []), ...(p.after.messages || [])].join("\n").toLowerCase();
  return p.text;
}

function options(select, values) {
  const counts = new Map();
  values.forEach((value) => counts.set(value, (counts.get(value) || 0) + 1));
  select.append(new Option("any", ""));
  [...counts].sort((a, b) => b[1] - a[1]).forEach(([value, count]) => {
    select.append(new Option(`${value.replaceAll("_", " ")} (${count})`, value));
  });
}

// --- a program, highlighted, with numbered lines and the compiler's objections underlined

const WORDS = new Set(("abstract and as async await bool boolean break byte case catch char class const "
  + "continue def default defer del do double elif else elsif end enum except extends false final "
  + "finally float fn for foreach from func function global if implements import in instanceof int "
  + "interface is lambda let local long map my namespace new nil None not null or package pass private "
  + "protected public raise range return self short static String struct sub super switch template "
  + "then this throw throws true True False try type typedef typename undef union unless until using "
  + "use var virtual void while with yield").split(" "));
const COMMENTS = { python: "#[^\\n]*", ruby: "#[^\\n]*", perl: "#[^\\n]*", lua: "--[^\\n]*",
  php: "(?:#|\\/\\/)[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$)" };
const SLASHES = "\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$)";
const STRINGS = `"(?:\\\\.|[^"\\\\\\n])*"?|'(?:\\\\.|[^'\\\\\\n])*'?`;

// [start, end, class] of comments, strings, numbers and keywords
function tokens(text, language) {
  const found = [];
  const comment = COMMENTS[language] || SLASHES;
  const pattern = new RegExp(`(${comment})|(${STRINGS})|(\\b\\d[\\w.]*)|([A-Za-z_]\\w*)`, "g");
  for (const m of text.matchAll(pattern)) {
    const kind = m[1] ? "comment" : m[2] ? "text" : m[3] ? "number" : WORDS.has(m[4]) ? "word" : "";
    if (kind) { found.push([m.index, m.index + m[0].length, kind]); }
  }
  return found;
}

// The text as rows; each row is cut where a token, a mark or the line ends.
function code(program, first, language) {
  const text = program.map((x) => typeof x === "string" ? x : x[0]).join("");
  const marks = [];
  let at = 0;
  program.forEach((x) => {
    const length = (typeof x === "string" ? x : x[0]).length;
    if (typeof x !== "string") { marks.push([at, at + length, x[1]]); }
    at += length;
  });
  const painted = tokens(text, language);
  const cuts = [...new Set([0, text.length, ...painted.flatMap((t) => t.slice(0, 2)),
    ...marks.flatMap((m) => m.slice(0, 2))])].sort((a, b) => a - b);
  const pre = make("pre");
  let row, line = first;
  const start = () => { row = make("span", "row"); row.dataset.line = line++; pre.append(row); };
  start();
  let nextToken = 0, nextMark = 0;
  for (let i = 0; i + 1 < cuts.length; i++) {
    while (nextToken < painted.length && painted[nextToken][1] <= cuts[i]) { nextToken++; }
    while (nextMark < marks.length && marks[nextMark][1] <= cuts[i]) { nextMark++; }
    const token = painted[nextToken], mark = marks[nextMark];
    const kind = token && token[0] <= cuts[i] ? token[2] : "";
    text.slice(cuts[i], cuts[i + 1]).split("\n").forEach((part, n, parts) => {
      if (n) { start(); }
      const marked = mark && mark[0] <= cuts[i];
      // A mark that holds nothing but a line's end still has to be seen.
      const shown = marked && !part && parts.length > 1 && !n ? " " : part;
      if (!shown) { return; }
      const span = kind ? make("span", kind, shown) : shown;
      if (!marked) { row.append(span); return; }
      const node = make("mark", "", span);
      node.title = mark[2];
      row.append(node);
    });
  }
  // A last line without text is where the program ends: not worth a row.
  if (line > first + 1 && !row.hasChildNodes()) { row.remove(); line--; }
  if (line - first > 30) {
    pre.className = "long";
    pre.tabIndex = 0; // so that the keyboard can scroll it
    pre.setAttribute("role", "group");
  }
  return pre;
}

function badge(state) {
  return make("span", `badge ${state}`, state.replaceAll("_", " "));
}

function pane(heading, content, side) {
  const title = make("h3", "", heading);
  if (side) { title.append(" ", badge(side.state)); }
  const node = make("div", "pane", title, content);
  if (content.tabIndex === 0) { content.setAttribute("aria-label", heading); }
  if (side && side.messages) {
    node.append(make("ul", "messages", ...side.messages.map((m) => make("li", "", m))));
  }
  return node;
}

function panes(p) {
  const language = data.language;
  const soft = (text) => make("p", "soft", text);
  const program = (side) => side.program
    ? code(side.program, p.task.line, language) : soft("no sample");
  return make("div", "panes",
    pane("Prompt", code([p.task.prompt], 1, language)),
    pane("Reference", p.task.reference
      ? code([p.task.reference], p.task.line, language) : soft("none")),
    pane(names[0], program(p.before), p.before),
    pane(names[1], program(p.after), p.after));
}

function card(p) {
  const head = make("summary", "", badge(p.before.state), " → ", badge(p.after.state), " ",
    make("span", "id", p.task.id), p.sample ? ` · sample ${p.sample + 1}` : "",
    make("span", "title", p.task.title));
  const node = make("details", "", head);
  node.addEventListener("toggle", () => {
    if (node.open && !node.querySelector(".panes")) { node.append(panes(p)); }
  });
  return node;
}

// --- the list

const boxes = { before: find("f-before"), after: find("f-after"), kind: find("f-class") };
const order = find("f-order"), text = find("f-text"), list = find("list"), more = find("more");
const byTask = [...pairs].sort((a, b) => a.task.id.localeCompare(b.task.id, "en", { numeric: true })
  || a.sample - b.sample);
let change = "All", found = [], listed = 0;

function wanted(p) {
  return CHANGES[change](p)
    && (!boxes.before.value || p.before.state === boxes.before.value)
    && (!boxes.after.value || p.after.state === boxes.after.value)
    && (!boxes.kind.value || classes(p).includes(boxes.kind.value))
    && (!text.value || haystack(p).includes(text.value.toLowerCase()));
}

function extend() {
  const first = listed;
  listed = Math.min(found.length, listed + PAGE);
  list.append(...found.slice(first, listed).map(card));
  more.hidden = listed === found.length;
  find("shown").textContent = `${found.length} of ${pairs.length} pairs match`
    + (listed < found.length ? `, ${listed} listed` : "");
  return first;
}

function show() {
  found = (order.value ? byTask : pairs).filter(wanted);
  list.replaceChildren();
  listed = 0;
  extend();
  document.querySelectorAll("#changes button").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.change === change));
  });
}

more.addEventListener("click", () => {
  const first = extend();
  list.children[first].querySelector("summary").focus();
});
Object.entries(CHANGES).forEach(([name, holds]) => {
  const button = make("button", "", `${name} (${pairs.filter(holds).length})`);
  button.type = "button";
  button.dataset.change = name;
  button.addEventListener("click", () => { change = name; show(); });
  find("changes").append(button);
});
options(boxes.before, pairs.map((p) => p.before.state));
options(boxes.after, pairs.map((p) => p.after.state));
options(boxes.kind, pairs.flatMap((p) => [...new Set(classes(p))]));
[...Object.values(boxes), order].forEach((box) => box.addEventListener("change", show));
let waiting;
text.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 120); });
find("filters").addEventListener("submit", (event) => event.preventDefault());
find("clear").addEventListener("click", () => {
  find("filters").reset();
  change = "All";
  show();
});
find("filters").hidden = false;
show();
if (list.firstElementChild) { list.firstElementChild.open = true; }

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
