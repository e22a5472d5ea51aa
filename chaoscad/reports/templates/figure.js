
// The live value curve, in the style of the printed ones.

const SVG = "http://www.w3.org/2000/svg";
const POINTS = 241;
// As wide as it stands in the page, so that its letters have their size on every screen.
const FRAME = { left: 52, right: 14, top: 32, bottom: 42 };

function shown(value) {
  if (Number.isNaN(value)) return "none";
  if (!Number.isFinite(value)) return value > 0 ? "any" : "none";
  return String(Number(value.toPrecision(6))).replace("-", "\u2212");
}

function drawn(parent, name, attributes, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  parent.append(made);
  return made;
}

// Round numbers in a range, a step of 1, 2 or 5 times a power of ten apart.
function ticks(low, high, most) {
  let step = 10 ** Math.floor(Math.log10((high - low) / most));
  step *= [1, 2, 5, 10].find((times) => (high - low) / (step * times) <= most);
  const found = [];
  for (let count = Math.ceil(low / step - 1e-9); count <= Math.floor(high / step + 1e-9); count++) {
    found.push(count * step);
  }
  return found;
}

// How high the figure is: the design's range, widened to hold the threshold and the rows.
function heights(gate, rows) {
  let [low, high] = gate.up;
  const held = [...rows.map((row) => row.value), gate.threshold].filter(Number.isFinite);
  const least = Math.min(...held), most = Math.max(...held), room = 0.06 * (high - low);
  if (least < low) low = least - room;
  if (most > high) high = most + room;
  return [low, high];
}

function drawGate(svg, gate, rows, noise) {
  const { left, right, top, bottom } = FRAME;
  const width = Math.max(svg.clientWidth || 640, 300), height = Math.round(Math.max(0.58 * width, 230));
  const floor = height - bottom, end = width - right;
  let [low, high] = gate.window;
  low = Math.min(low, ...rows.map((row) => row.state));
  high = Math.max(high, ...rows.map((row) => row.state));
  if (!(high > low)) [low, high] = [low - 0.5, high + 0.5];
  const [under, over] = heights(gate, rows);
  const x = (z) => left + ((z - low) / (high - low)) * (end - left);
  const y = (v) => {
    const share = Math.min(Math.max((v - under) / (over - under), -0.5), 1.5);
    return floor - share * (floor - top);
  };
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawn(svg, "path", { class: "axis", d: `M${left} ${top}V${floor}H${end}` });
  for (const value of ticks(low, high, width / 80)) {
    drawn(svg, "path", { class: "axis", d: `M${x(value)} ${floor}v5` });
    drawn(svg, "text", { x: x(value), y: floor + 18, "text-anchor": "middle" }, shown(value));
  }
  for (const value of ticks(under, over, height / 55)) {
    drawn(svg, "path", { class: "axis", d: `M${left} ${y(value)}h-5` });
    drawn(svg, "text", { x: left - 9, y: y(value) + 4, "text-anchor": "end" }, shown(value));
  }
  const unit = gate.unit ? ` (${gate.unit})` : "";
  drawn(svg, "text", { class: "name", x: end, y: height - 8, "text-anchor": "end" }, `state z${unit}`);
  drawn(svg, "text", { class: "name", x: left, y: 12 }, `value F(z)${unit}`);
  // What lies outside of the axes is cut off, with room for the points on them.
  const plot = drawn(svg, "svg", {
    x: left - 7, y: top - 7, width: end - left + 14, height: floor - top + 14,
    viewBox: `${left - 7} ${top - 7} ${end - left + 14} ${floor - top + 14}`,
  });
  const margin = Math.min(...rows.map((row) => row.margin));
  const level = y(gate.threshold);
  if (margin > 0 && Number.isFinite(margin)) {
    const above = y(gate.threshold + margin);
    drawn(plot, "rect", {
      class: "band", x: left, y: above, width: end - left, height: y(gate.threshold - margin) - above,
    });
  }
  drawn(plot, "path", { class: "threshold", d: `M${left} ${level}H${end}` });
  const count = gate.time === null ? (POINTS - 1) * Math.min(gate.iterates, 5) + 1 : POINTS;
  let line = "", pen = "M";
  for (let i = 0; i < count; i++) {
    const z = low + ((high - low) * i) / (count - 1), value = valueAt(gate, z);
    if (!Number.isFinite(value)) {
      pen = "M";
      continue;
    }
    line += `${pen}${x(z).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
  }
  drawn(plot, "path", { class: "curve", d: line });
  if (noise) {
    const dots = noise.map((row, i) => row.values.slice(0, 100).filter(Number.isFinite).map((v) =>
      `M${x(rows[i].state).toFixed(1)} ${y(v).toFixed(1)}h0`).join("")).join("");
    drawn(plot, "path", { class: "cloud noise", d: dots });
  }
  drawRows(plot, svg, gate, rows, x, y, { width, height });
}

function drawRows(plot, svg, gate, rows, x, y, { width, height }) {
  const shared = new Map();
  rows.forEach((row, i) => {
    if (!Number.isFinite(row.value)) return;
    const cx = x(row.state), cy = y(row.value);
    const wrong = row.margin <= 0 ? " wrong" : "";
    drawn(plot, "circle", { class: `row ${row.bit ? "one" : "zero"}${wrong}`, cx, cy, r: 5.5 });
    const key = `${Math.round(cx)} ${Math.round(cy)}`;
    if (!shared.has(key)) shared.set(key, { cx, cy, names: [] });
    shared.get(key).names.push(i.toString(2).padStart(gate.delta.length, "0"));
  });
  if (gate.delta.length > 4) return;
  const taken = [];
  for (const { cx, cy, names } of [...shared.values()].sort((a, b) => a.cx - b.cx || a.cy - b.cy)) {
    const text = names.length > 8 ? `${names[0]}, ${names.length - 1} more` : names.join(", ");
    const half = 3.9 * text.length;
    const middle = Math.min(Math.max(cx, FRAME.left + half), width - FRAME.right - half);
    let level = Math.min(Math.max(cy - 11, FRAME.top - 2), height - FRAME.bottom - 4);
    while (taken.some(([m, w, l]) => Math.abs(middle - m) < half + w && Math.abs(level - l) < 14)) level -= 3;
    if (level < FRAME.top - 6) level = cy + 21;
    taken.push([middle, half + 3, level]);
    drawn(svg, "text", { class: "label", x: middle, y: level, "text-anchor": "middle" }, text);
  }
}
