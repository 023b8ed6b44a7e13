// --- the programs of a step of training, unpacked when the step is chosen

function browseRollouts(source) {
  const data = JSON.parse(source.textContent);
  const steps = new Map(data.steps.map((step) => [String(step.step), step]));
  const step = find("r-step"), verdict = find("r-verdict"), kind = find("r-class");
  const order = find("r-order"), text = find("r-text"), list = find("rollout-list");
  const unpacked = new Map();

  function unpack(packed) {
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  }

  function card(p) {
    const head = make("summary", "", badge(p.state), " ", make("span", "id", p.task.id),
      ` \u00b7 sample ${p.sample + 1}`, make("span", "title", p.facts));
    const language = p.task.language;
    return folded(head, () => make("div", "panes",
      pane("Prompt", p.task.prompt ? code([p.task.prompt], 1, language) : soft("none is recorded")),
      pane("Program", code(p.program, p.task.line, language), p)));
  }

  function haystack(p) {
    p.text ??= [p.task.id, p.task.prompt, plain(p), ...(p.messages || [])].join("\n").toLowerCase();
    return p.text;
  }

  const fill = growing(list, find("rollout-more"), card);
  const worth = (p) => p.reward ?? -Infinity;
  const orders = { best: (a, b) => worth(b) - worth(a), worst: (a, b) => worth(a) - worth(b) };
  let found = [], asked = null;

  function count() {
    const chosen = steps.get(step.value), listed = list.children.length;
    const drawn = chosen.shown < chosen.of ? ` (drawn at random from ${chosen.of})` : "";
    find("rollout-shown").textContent = `${found.length} of ${chosen.shown} programs of step `
      + `${chosen.step}${drawn} match` + (listed < found.length ? `, ${listed} listed` : "");
  }

  async function show() {
    const number = step.value;
    asked = number;
    if (!unpacked.has(number)) {
      if (!("DecompressionStream" in window)) {
        find("rollout-shown").textContent = "This browser is too old to unpack them.";
        return;
      }
      const { tasks, rows } = await unpack(steps.get(number).data);
      unpacked.set(number, rows.map((row) => ({ ...row, task: tasks[row.task] })));
      if (asked !== number) { return; } // another one was asked for meanwhile
    }
    const wanted = text.value.toLowerCase();
    found = unpacked.get(number).filter((p) => (!verdict.value || p.state === verdict.value)
      && (!kind.value || (p.classes || []).includes(kind.value))
      && (!wanted || haystack(p).includes(wanted)));
    if (orders[order.value]) { found = found.sort(orders[order.value]); }
    fill(found);
    count();
  }

  steps.forEach((_, number) => step.append(new Option(number, number)));
  step.dataset.standard = [...steps.keys()].pop();
  data.classes.forEach((name) => kind.append(new Option(name.replaceAll("_", " "), name)));
  [["r-earlier", -1], ["r-later", 1]].forEach(([id, by]) => {
    find(id).addEventListener("click", () => {
      step.selectedIndex = Math.max(0, Math.min(steps.size - 1, step.selectedIndex + by));
      changed();
    });
  });
  list.addEventListener("grown", count);
  views.push(show);
}

if (find("rollout-data")) { browseRollouts(find("rollout-data")); }
