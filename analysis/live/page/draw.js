// SVG elements, scales and axes. Colours are classes of live.css, so that they follow the paper.

const ROOM = { left: 56, right: 12, top: 10, bottom: 34 };

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] */
function svg(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** @param {Maybe[]} values @returns {number[]} */
function known(values) {
  return /** @type {number[]} */ (values.filter((value) => value !== null && Number.isFinite(value)));
}

/** @param {number} low @param {number} high @returns {number[]} */
function steps(low, high) {
  const rough = (high - low) / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) || rough;
  const out = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) out.push(Number((k * step).toPrecision(12)));
  return out;
}

/** @param {number} low @param {number} high @returns {number[]} */
function powers(low, high) {
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const whole = steps(a, b).filter((k) => Number.isInteger(k)).map((k) => 10 ** k);
  if (whole.length > 1) return whole;
  const finer = [];
  for (let k = Math.floor(a); k <= b; k++) for (const n of [1, 2, 5]) finer.push(n * 10 ** k);
  const inside = finer.filter((value) => value >= low && value <= high);
  return inside.length > 1 ? inside : steps(low, high);
}

/**
 * A scale that holds values, from one end of a stretch to the other.
 * @param {Maybe[]} values @param {boolean} log @param {number} from @param {number} to @param {boolean} [zero] @returns {Scale}
 */
function scaled(values, log, from, to, zero = false) {
  const there = known(values).filter((value) => !log || value > 0);
  let [low, high] = there.length ? [Math.min(...there), Math.max(...there)] : [log ? 0.1 : 0, 1];
  if (zero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  const f = log ? Math.log10 : (/** @type {number} */ x) => x;
  const room = (f(high) - f(low)) * 0.06 || (log ? 0.2 : Math.abs(low) * 0.1 || 0.5);
  const [a, b] = [f(low) - room, f(high) + room];
  [low, high] = log ? [10 ** a, 10 ** b] : [a, b];
  return { low, high, log, at: (value) => from + ((f(value) - a) / (b - a)) * (to - from), ticks: log ? powers(low, high) : steps(low, high) };
}

/** A scale of generations. @param {number} first @param {number} last @param {number} from @param {number} to @returns {Scale} */
function time(first, last, from, to) {
  const span = Math.max(last - first, 1);
  const ticks = steps(first, first + span).filter(Number.isInteger);
  return { low: first, high: first + span, log: false, at: (g) => from + ((g - first) / span) * (to - from), ticks };
}

/** @param {number} width @param {number} height @param {string} label */
function board(width, height, label) {
  const made = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  return made;
}

/** Axes with their names. @param {Element} on @param {Scale} x @param {Scale} y @param {number} width @param {number} height @param {string} xName @param {string} yName */
function axes(on, x, y, width, height, xName, yName) {
  const [bottom, right] = [height - ROOM.bottom, width - ROOM.right];
  for (const tick of y.ticks) {
    on.append(svg("line", { class: "grid", x1: ROOM.left, x2: right, y1: y.at(tick), y2: y.at(tick) }));
    on.append(svg("text", { class: "tick", x: ROOM.left - 6, y: y.at(tick) + 4, "text-anchor": "end" }, short(tick)));
  }
  let last = -Infinity;
  for (const tick of x.ticks) {
    if (x.at(tick) - last < 36) continue;
    last = x.at(tick);
    on.append(svg("line", { class: "grid", x1: last, x2: last, y1: ROOM.top, y2: bottom }));
    on.append(svg("text", { class: "tick", x: last, y: bottom + 14, "text-anchor": "middle" }, short(tick)));
  }
  on.append(svg("text", { class: "name", x: right, y: height - 4, "text-anchor": "end" }, xName));
  if (yName) on.append(svg("text", { class: "name", x: 4, y: ROOM.top - 1 }, yName));
}

/** A number beside an axis. @param {number} value */
function short(value) {
  const size = Math.abs(value);
  if (size && (size < 0.001 || size >= 1e5)) return value.toExponential().replace("e+", "e").replaceAll("-", "−").replace(/^(\d)(\.\d{1,2})\d*e/, "$1$2e");
  return value.toLocaleString("en", { maximumFractionDigits: 4, useGrouping: false }).replace("-", "−");
}

/** A path through points, broken where one is missing. @param {([number, number] | null)[]} points */
function path(points) {
  let pen = "M";
  let out = "";
  for (const point of points) {
    if (point) out += `${pen}${point[0].toFixed(1)},${point[1].toFixed(1)}`;
    pen = point ? "L" : "M";
  }
  return out;
}

/** Columns that a figure has. @param {HTMLElement} holder */
function room(holder) {
  return Math.max(240, Math.floor(holder.clientWidth));
}

/** Dots, triangles and squares: groups are told apart by form too. @param {number} k @param {number} x @param {number} y */
function mark(k, x, y) {
  const r = 3.5;
  const forms = [
    `M${x - r},${y}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0`,
    `M${x - r},${y + r}L${x},${y - r}L${x + r},${y + r}Z`,
    `M${x - r},${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`,
    `M${x},${y - r - 1}L${x + r + 1},${y}L${x},${y + r + 1}L${x - r - 1},${y}Z`,
  ];
  return forms[k % forms.length];
}
