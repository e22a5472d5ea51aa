
// A gate, computed as the design was: z = x0 + sum(delta_k I_k), v = F(z), y = [v compare threshold].

// Distances below this share of a gate's largest value count as 0, as in chaoscad.gate.
const ROUNDING = 1e-12;

// The monotone cubic through the points of a measured curve; NaN beyond its ends.
function interpolated(place, x) {
  const { ends, rows: [knots, a, b, c, d] } = CURVES[place];
  if (!(x >= ends[0] && x <= ends[1])) return NaN;
  let low = 0, high = knots.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (x >= knots[middle]) low = middle; else high = middle - 1;
  }
  const t = x - knots[low];
  return ((a[low] * t + b[low]) * t + c[low]) * t + d[low];
}

// Summed from the first input to the last, since sums of floats depend on their order.
function statesOf(gate) {
  let found = [gate.x0];
  for (const weight of gate.delta) found = found.flatMap((z) => [z, z + weight]);
  return found;
}

// F(z). With `normal`, noise as chaoscad.robustness draws it: before every application of a map, and
// on every coordinate of a flow as dx = f dt + sigma dW.
function valueAt(gate, z, normal = null) {
  const f = SYSTEMS[gate.system], p = gate.p;
  let s = gate.start.map((value, i) => (gate.encode[i] ? z : value));
  if (gate.time !== null) return flowed(gate, f, s, normal)[gate.read];
  for (let k = 0; k < gate.iterates; k++) {
    if (normal) s = s.map((value) => value + gate.state_noise * normal());
    s = f(0, s, p);
  }
  return s[gate.read];
}

// The classical Runge-Kutta method of order 4 with equal steps.
function flowed(gate, f, s, normal) {
  const h = gate.time / gate.steps, p = gate.p;
  for (let step = 0; step < gate.steps; step++) {
    const t = step * h;
    const push = normal ? s.map(() => (gate.state_noise * normal()) / Math.sqrt(h)) : null;
    const rate = (at, state) => {
      const found = f(at, state, p);
      return push ? found.map((value, i) => value + push[i]) : found;
    };
    const a = rate(t, s);
    const b = rate(t + 0.5 * h, s.map((value, i) => value + 0.5 * h * a[i]));
    const c = rate(t + 0.5 * h, s.map((value, i) => value + 0.5 * h * b[i]));
    const d = rate(t + h, s.map((value, i) => value + h * c[i]));
    s = s.map((value, i) => value + (h / 6.0) * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]));
  }
  return s;
}

// Every local row: its state, value, bit, and margin on the wanted side.
function rowsOf(gate) {
  const states = statesOf(gate);
  const values = states.map((z) => valueAt(gate, z));
  const sizes = [...values, gate.threshold].filter(Number.isFinite).map(Math.abs);
  const size = Math.max(0, ...sizes);
  return states.map((state, row) => {
    let distance = values[row] - gate.threshold;
    if (Math.abs(distance) <= ROUNDING * size) distance = 0;
    if (gate.compare === "<") distance = -distance;
    const want = gate.function[row];
    const side = want === "1" ? 1 : want === "0" ? -1 : 0;
    const margin = side === 0 ? Infinity : Number.isFinite(distance) ? side * distance : -Infinity;
    return { state, value: values[row], bit: distance > 0 ? 1 : 0, want, margin };
  });
}

// Normal numbers, the same in every run: mulberry32, and the method of Box and Muller.
function normals(seed) {
  let held = null;
  const uniform = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
  return () => {
    if (held !== null) {
      const given = held;
      held = null;
      return given;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
    held = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

// Values of every row under noise, and in how many of them its bit is another than without.
function disturbed(gate, rows) {
  if (!(gate.state_noise > 0 || gate.comparator_noise > 0)) return null;
  const normal = normals(1), trials = gate.time === null ? 1000 : 100;
  const noisy = gate.state_noise > 0 ? normal : null;
  return rows.map((row) => {
    const values = [];
    let errors = 0;
    for (let trial = 0; trial < trials; trial++) {
      const read = noisy ? valueAt(gate, row.state, noisy) : row.value;
      const value = gate.comparator_noise > 0 ? read + gate.comparator_noise * normal() : read;
      const bit = gate.compare === "<" ? value < gate.threshold : value > gate.threshold;
      values.push(value);
      if (bit !== (row.bit === 1)) errors += 1;
    }
    return { values, errors, trials };
  });
}

// The outputs of the circuit in every row of its inputs, with other bits in place of one gate's.
function outputsOf(circuit, name = null, bits = null) {
  const found = [];
  for (let row = 0; row < 1 << circuit.inputs.length; row++) {
    const nets = new Map();
    circuit.inputs.forEach((net, i) => nets.set(net, (row >> (circuit.inputs.length - 1 - i)) & 1));
    for (const gate of circuit.gates) {
      let place = 0;
      for (const net of gate.inputs) place = 2 * place + nets.get(net);
      nets.set(gate.name, Number((gate.name === name ? bits : gate.bits)[place]));
    }
    found.push(circuit.outputs.map((net) => nets.get(net)).join(""));
  }
  return found;
}
