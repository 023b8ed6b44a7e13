// --- the browser of programs before and after

function browsePrograms(source) {
  const names = [source.dataset.before, source.dataset.after];
  const data = JSON.parse(source.textContent);
  const pairs = data.pairs.map(([place, sample, before, after]) => (
    { task: data.tasks[place], sample, before, after }));
  const judged = (side) => side.state !== "absent" && side.state !== "unscored";
  const compiles = (side) => judged(side) && side.state !== "rejected";
  const passes = (side) => side.state === "passed";
  const both = (p) => judged(p.before) && judged(p.after);
  const changes = {
    "All": () => true,
    "Now compiles": (p) => both(p) && !compiles(p.before) && compiles(p.after),
    "No longer compiles": (p) => both(p) && compiles(p.before) && !compiles(p.after),
    "Now passes": (p) => both(p) && !passes(p.before) && passes(p.after),
    "No longer passes": (p) => both(p) && passes(p.before) && !passes(p.after),
    "Rejected on both sides": (p) => both(p) && !compiles(p.before) && !compiles(p.after),
  };
  const word = (name) => name === "All" ? "" : name.toLowerCase().replaceAll(" ", "-");
  const classes = (p) => [...(p.before.classes || []), ...(p.after.classes || [])];

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

  function panes(p) {
    const program = (side) => side.program
      ? code(side.program, side.whole ? 1 : p.task.line, data.language) : soft("no sample");
    return make("div", "panes",
      pane("Prompt", code([p.task.prompt], 1, data.language)),
      pane("Solution", p.task.reference
        ? code([p.task.reference], p.task.line, data.language) : soft("none")),
      pane(names[0], program(p.before), p.before),
      pane(names[1], program(p.after), p.after));
  }

  function card(p) {
    const head = make("summary", "", badge(p.before.state), " \u2192 ", badge(p.after.state), " ",
      make("span", "id", p.task.id), p.sample ? ` \u00b7 sample ${p.sample + 1}` : "",
      make("span", "title", p.task.title));
    return folded(head, () => panes(p));
  }

  const boxes = { before: find("f-before"), after: find("f-after"), kind: find("f-class") };
  const change = find("f-change"), order = find("f-order"), text = find("f-text"), list = find("list");
  const byTask = [...pairs].sort((a, b) => a.task.id.localeCompare(b.task.id, "en", { numeric: true })
    || a.sample - b.sample);
  const chosen = () => Object.keys(changes).find((name) => word(name) === change.value) || "All";
  const fill = growing(list, find("more"), card);
  let found = [];

  function count() {
    const listed = list.children.length;
    find("shown").textContent = `${found.length} of ${pairs.length} pairs match`
      + (listed < found.length ? `, ${listed} listed` : "");
  }

  function show() {
    change.value = word(chosen()); // an address may name what is no choice
    const wanted = text.value.toLowerCase();
    found = (order.value ? byTask : pairs).filter((p) => changes[chosen()](p)
      && (!boxes.before.value || p.before.state === boxes.before.value)
      && (!boxes.after.value || p.after.state === boxes.after.value)
      && (!boxes.kind.value || classes(p).includes(boxes.kind.value))
      && (!wanted || haystack(p).includes(wanted)));
    fill(found);
    count();
    document.querySelectorAll("#changes button").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.change === word(chosen())));
    });
  }

  Object.entries(changes).forEach(([name, holds]) => {
    const button = make("button", "", `${name} (${pairs.filter(holds).length})`);
    button.type = "button";
    button.dataset.change = word(name);
    button.addEventListener("click", () => { change.value = word(name); changed(); });
    find("changes").append(button);
  });
  options(boxes.before, pairs.map((p) => p.before.state));
  options(boxes.after, pairs.map((p) => p.after.state));
  options(boxes.kind, pairs.flatMap((p) => [...new Set(classes(p))]));
  list.addEventListener("grown", count);
  views.push(show);
}

if (find("programs")) { browsePrograms(find("programs")); }
