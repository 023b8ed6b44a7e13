// What the parts of the page share. Everything from outside enters as text (textContent), never as
// HTML. Nothing is fetched.
"use strict";

const PAGE = 40; // programs that are listed at a time
const find = (id) => document.getElementById(id);

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) { node.className = className; }
  node.append(...children);
  return node;
}

const soft = (text) => make("p", "soft", text);
const plain = (side) => (side.program || []).map((x) => typeof x === "string" ? x : x[0]).join("");

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

// A line that opens: what `inside` gives is made when it is opened first.
function folded(head, inside) {
  const node = make("details", "", head);
  node.addEventListener("toggle", () => {
    if (node.open && !node.querySelector(".panes")) { node.append(inside()); }
  });
  return node;
}

// A list that grows on demand; `card` makes an entry. The function shows other entries.
function growing(list, more, card) {
  let entries = [];
  function extend() {
    const first = list.children.length;
    list.append(...entries.slice(first, first + PAGE).map(card));
    more.hidden = list.children.length === entries.length;
    return first;
  }
  more.addEventListener("click", () => {
    list.children[extend()].querySelector("summary").focus();
    list.dispatchEvent(new Event("grown"));
  });
  return (found) => {
    entries = found;
    list.replaceChildren();
    extend();
  };
}
