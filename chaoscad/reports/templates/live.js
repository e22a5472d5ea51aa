
// The live gate of a chapter: sliders, the truth table and the curve that follow them, and its link.

const PAGE = JSON.parse(document.getElementById("report-data").textContent);
const NOISES = ["state_noise", "comparator_noise"];
const STEPS = 1000;

function nameOf(bits) {
  return PAGE.names[bits] || bits;
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Numbers as they stand in a link: those that read back the same.
function listed(text, length) {
  const found = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  return found.length === length && found.every(Number.isFinite) ? found : null;
}

class Live {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.part = (name) => root.querySelector(`[data-live="${name}"]`);
    this.chooser = this.part("gate");
    this.configurations = this.part("configuration");
    this.chooser.addEventListener("change", () => this.choose(this.chooser.value));
    this.configurations?.addEventListener("change", () => this.configure(this.configurations.value));
    this.part("reset").addEventListener("click", () => {
      this.choose(this.gate.name);
      this.say("Set back to the design.");
    });
    this.part("share").addEventListener("click", () => this.copy());
    this.configure(data.configurations[0].name);
    new ResizeObserver(() => this.draw()).observe(this.part("figure"));
    addEventListener("beforeprint", () => this.draw());
  }

  configure(name) {
    this.circuit = this.data.configurations.find((one) => one.name === name);
    const small = this.circuit.inputs.length <= 10 && this.circuit.gates.length <= 200;
    this.outputs = small ? outputsOf(this.circuit) : null;
    if (this.configurations) this.configurations.value = name;
    const before = this.gate?.name;
    const gates = this.circuit.gates.filter((gate) => gate.delta);
    this.chooser.replaceChildren(...gates.map((gate) => new Option(gate.name, gate.name)));
    this.choose(gates.some((gate) => gate.name === before) ? before : gates[0].name);
  }

  choose(name) {
    const found = this.circuit.gates.find((gate) => gate.name === name && gate.delta);
    // JSON has no NaN: a number that an unsolved design lacks is null in it.
    const known = { x0: found.x0 ?? NaN, threshold: found.threshold ?? NaN };
    this.design = { ...found, ...known, state_noise: 0, comparator_noise: 0 };
    this.gate = structuredClone(this.design);
    this.chooser.value = name;
    this.build();
    this.update();
  }

  // The sliders of the gate: each with a box for the exact number.
  build() {
    const gate = this.design, ranges = gate.ranges, unit = gate.unit;
    this.sliders = [];
    const own = [this.slider("x0", ["x0"], ranges.x0, unit)];
    gate.delta.forEach((_, i) => {
      own.push(this.slider(`weight of ${gate.inputs[i]}`, ["delta", i], ranges.delta[i], unit));
    });
    own.push(this.slider("threshold", ["threshold"], ranges.threshold, unit));
    const system = gate.parameters.map((item, i) =>
      this.slider(item.name, ["p", i], ranges.p[i], item.unit, item.whole, item.meaning));
    if (gate.time === null) {
      system.push(this.slider("iterates", ["iterates"], ranges.iterates, "", true));
    } else {
      system.push(this.slider("time", ["time"], ranges.time, ""));
    }
    const noise = [
      this.slider("on the state", ["state_noise"], ranges.state_noise, unit),
      this.slider("at the comparator", ["comparator_noise"], ranges.comparator_noise, unit),
    ];
    const group = (title, items) =>
      element("fieldset", {}, element("legend", {}, title), ...items);
    this.part("sliders").replaceChildren(
      group("Gate", own), group(gate.title, system), group("Noise (standard deviation)", noise));
  }

  slider(name, path, [low, high], unit, whole = false, meaning = "") {
    const id = `${this.data.anchor}-${path.join("-")}`;
    const label = element("label", { for: id }, name);
    if (meaning) label.title = meaning;
    const range = element("input", {
      type: "range", id, min: whole ? low : 0, max: whole ? high : STEPS, step: 1, "data-path": path.join("."),
    });
    const exact = element("input", {
      type: "number", step: whole ? 1 : "any", "aria-label": `${name}, exact`, "data-path": path.join("."),
    });
    const position = (value) => (whole ? value : Math.round((STEPS * (value - low)) / (high - low)));
    const show = (typed = false) => {
      const value = this.at(path);
      range.value = position(value);
      range.setAttribute("aria-valuetext", `${shown(value)}${unit ? ` ${unit}` : ""}`);
      if (!typed) exact.value = Number.isFinite(value) ? value : "";
    };
    range.addEventListener("input", () => {
      const share = Number(range.value);
      this.put(path, whole ? share : low + ((high - low) * share) / STEPS);
      show();
      this.update();
    });
    exact.addEventListener("input", () => {
      const value = Number(exact.value);
      const right = exact.value !== "" && Number.isFinite(value) && this.allowed(path, value);
      exact.setAttribute("aria-invalid", String(!right));
      if (!right) return;
      this.put(path, value);
      show(true);
      this.update();
    });
    exact.addEventListener("change", () => {
      exact.setAttribute("aria-invalid", "false");
      show();
    });
    this.sliders.push(show);
    show();
    return element("div", { class: "slider" }, label, range, exact);
  }

  allowed([name, place], value) {
    if (name === "p" && this.design.parameters[place].whole) {
      const [low, high] = this.design.ranges.p[place];
      return Number.isInteger(value) && value >= low && value <= high;
    }
    if (name === "iterates") return Number.isInteger(value) && value >= 1 && value <= 1000;
    if (name === "time") return value > 0 && value <= 10 * this.design.time;
    return !NOISES.includes(name) || value >= 0;
  }

  at([name, place]) {
    return place === undefined ? this.gate[name] : this.gate[name][place];
  }

  put([name, place], value) {
    if (place !== undefined) {
      this.gate[name][place] = value;
      return;
    }
    this.gate[name] = name === "time" ? Math.max(value, 1e-6 * this.design.time) : value;
    if (name === "time") {
      const { steps, time } = this.design;
      this.gate.steps = Math.max(1, Math.ceil((steps * this.gate.time) / time - 1e-9));
    }
  }

  update() {
    const rows = rowsOf(this.gate), noise = disturbed(this.gate, rows);
    this.draw = () => drawGate(this.part("figure"), this.gate, rows, noise);
    this.draw();
    this.tabulate(rows, noise);
    this.summarise(rows);
    clearTimeout(this.later);
    this.later = setTimeout(() => this.remember(), 300);
  }

  tabulate(rows, noise) {
    const gate = this.gate;
    const head = [...gate.inputs, "state z", "value F(z)", "output", "wanted", "margin"];
    if (noise) head.push("errors");
    const cells = (row, i) => {
      const bits = i.toString(2).padStart(gate.delta.length, "0").split("");
      const sign = row.want === "-" ? "" : row.margin > 0 ? " \u2713" : " \u2717";
      const found = [
        ...bits.map((bit) => element("td", { class: "bit" }, bit)),
        this.cell("state", row.state), this.cell("value", row.value),
        element("td", { class: "bit", "data-name": "output", "data-value": row.bit }, `${row.bit}${sign}`),
        element("td", { class: "bit" }, row.want === "-" ? "any" : row.want),
        this.cell("margin", row.margin),
      ];
      if (noise) found.push(this.cell("errors", noise[i].errors / noise[i].trials, (v) => `${shown(100 * v)} %`));
      return found;
    };
    const table = this.part("rows");
    table.tHead.replaceChildren(element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name))));
    table.tBodies[0].replaceChildren(...rows.map((row, i) =>
      element("tr", row.margin > 0 ? {} : { class: "wrong" }, ...cells(row, i))));
  }

  cell(name, value, text = shown) {
    return element("td", { class: "number", "data-name": name, "data-value": String(value) }, text(value));
  }

  summarise(rows) {
    const gate = this.gate, bits = rows.map((row) => row.bit).join("");
    const margin = Math.min(...rows.map((row) => row.margin));
    const unit = gate.unit ? ` ${gate.unit}` : "";
    const wrong = rows.filter((row) => row.margin <= 0).length;
    const asked = wrong === 0
      ? `as it should, with a least margin of ${shown(margin)}${unit}`
      : `wrong in ${wrong} of ${rows.length} rows`;
    let told = `${gate.name} computes ${nameOf(bits)}, ${asked}.`;
    if (this.outputs) {
      const now = outputsOf(this.circuit, gate.name, bits);
      const changed = now.filter((row, i) => row !== this.outputs[i]).length;
      told += changed === 0 ? " No output of the circuit changes." :
        ` The outputs of the circuit change in ${changed} of ${now.length} rows.`;
    }
    this.part("summary").textContent = told;
    this.part("summary").classList.toggle("wrong", wrong > 0);
    this.part("figure").setAttribute("aria-label", `Value curve of gate ${told}`);
    clearTimeout(this.telling);
    // Said when the slider rests, not at every step of it; nothing is said of what was there at first.
    this.seen = told;
    if (this.told === undefined) this.told = told;
    if (this.told !== told) this.telling = setTimeout(() => this.say(told), 500);
  }

  // What is said stays until something changes again: the summary does not follow it by itself.
  say(text) {
    clearTimeout(this.telling);
    this.told = this.seen;
    this.part("status").textContent = text;
  }

  // What differs from the design, as the fragment of an address; empty where nothing does.
  fragment() {
    const gate = this.gate, design = this.design, found = new URLSearchParams();
    for (const name of ["x0", "threshold", "iterates", "time", ...NOISES]) {
      if (gate[name] !== design[name]) found.set(name, gate[name]);
    }
    for (const name of ["delta", "p"]) {
      if (gate[name].join() !== design[name].join()) found.set(name, gate[name].join());
    }
    const first = this.data.configurations[0];
    const moved = this.circuit !== first || gate.name !== first.gates.find((one) => one.delta).name;
    if (!moved && ![...found].length) return "";
    const chosen = new URLSearchParams({ live: this.data.anchor, gate: gate.name });
    if (this.circuit.name) chosen.set("configuration", this.circuit.name);
    for (const [name, value] of found) chosen.set(name, value);
    return `#${chosen}`;
  }

  remember() {
    const wanted = this.fragment();
    if (wanted || location.hash.startsWith("#live=")) {
      history.replaceState(null, "", wanted || location.pathname + location.search);
    }
  }

  copy() {
    this.remember();
    const done = () => this.say("The link is copied.");
    const failed = () => this.say("The link stands in the address line of the browser.");
    if (!navigator.clipboard) failed();
    else navigator.clipboard.writeText(location.href).then(done, failed);
  }

  // Take over what a link says; what it does not say well is left as designed, and that is told.
  restore(given) {
    const named = given.get("configuration") ?? this.data.configurations[0].name;
    const circuit = this.data.configurations.find((one) => one.name === named);
    const gate = circuit?.gates.find((one) => one.name === given.get("gate") && one.delta);
    if (!gate) {
      this.say("The link is of another report: it names a gate that is not here.");
      return;
    }
    this.configure(named);
    this.choose(gate.name);
    let refused = false;
    for (const name of ["x0", "threshold", "iterates", "time", ...NOISES]) {
      if (!given.has(name)) continue;
      const value = listed(given.get(name), 1)?.[0];
      if (value !== undefined && this.gate[name] !== null && this.allowed([name], value)) this.put([name], value);
      else refused = true;
    }
    for (const name of ["delta", "p"]) {
      if (!given.has(name)) continue;
      const values = listed(given.get(name), this.gate[name].length);
      if (values?.every((value, i) => this.allowed([name, i], value))) this.gate[name] = values;
      else refused = true;
    }
    for (const show of this.sliders) show();
    this.update();
    this.say(refused ? "A part of the link is not understood, and left as designed." : "Set as the link says.");
  }
}

const lives = new Map();
for (const data of PAGE.chapters) {
  const root = document.getElementById(`${data.anchor}-live`);
  if (root) {
    root.hidden = false;
    lives.set(data.anchor, new Live(root, data));
  }
}

function follow(hash) {
  if (!hash.startsWith("#live=")) return;
  const given = new URLSearchParams(hash.slice(1));
  const live = lives.get(given.get("live"));
  if (!live) return;
  live.restore(given);
  live.root.scrollIntoView();
}
// Not what the address says by now: the settings of before may have been remembered in it.
addEventListener("hashchange", (event) => follow(new URL(event.newURL).hash));
follow(location.hash);

// A click on a gate of a schematic shows its curve, and chooses it for the live gate.
for (const link of document.querySelectorAll("a[data-gate]")) {
  link.addEventListener("click", () => {
    const live = lives.get(link.closest("article").id);
    const configuration = link.closest("[data-configuration]").dataset.configuration;
    if (!live) return;
    live.configure(configuration);
    if (live.circuit.gates.some((gate) => gate.name === link.dataset.gate && gate.delta)) live.choose(link.dataset.gate);
  });
}
