// Drawings along the time of the large one: the Muller areas, and traits by generation.

const SETTLED = 3; // generations after the founders, who are far off, from which an axis is taken
const STRIP = { left: 10, right: 10, top: 18, bottom: 20 };

/** Where generations lie along a strip. @param {Lineage} lineage @param {HTMLCanvasElement} canvas */
function along(lineage, canvas) {
  const { x0, x1 } = lineage.view;
  const width = Math.max(canvas.clientWidth - STRIP.left - STRIP.right, 10);
  const height = Math.max(canvas.clientHeight - STRIP.top - STRIP.bottom, 10);
  const x = (/** @type {number} */ g) => STRIP.left + ((g - x0) / (x1 - x0)) * width;
  return { x0, x1, width, height, x };
}

/** Shares of clades: in each generation everybody in the order of the ladder, one below the other, so that a clade is
 * an area within its ancestor's. */
class Muller {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.memo = new Memo();
    /** @type {Uint8Array} */
    this.pixels = new Uint8Array(0);
  }

  /** @param {Lineage} lineage @param {Colouring} clades @param {Look} look */
  draw(lineage, clades, look) {
    const { canvas } = this;
    const { x0, x1, width, height, x } = along(lineage, canvas);
    const pen = new CanvasPen(canvas, canvas.clientWidth, canvas.clientHeight, Math.min(devicePixelRatio || 1, 2));
    const [columns, rows] = [Math.round(width), Math.round(height)];
    if (this.memo.changed(lineage.view, clades, columns, rows)) {
      this.pixels = shares(lineage.tree, clades, x0, x1, columns, rows);
    }
    pen.picture(this.pixels, columns, rows, STRIP.left, STRIP.top, width, height);
    if (lineage.chosen !== NOBODY) drawShare(pen, lineage, x, height, look);
    pen.text(STRIP.left, 9, "shares of clades", { fill: look.faint, align: "left" });
    timeAxis(pen, look, x0, x1, STRIP.left, width, STRIP.top + height, false);
    if (lineage.brush) drawBrush(pen, look, lineage.brush, x, STRIP.left, STRIP.top, width, height);
  }
}

/** Bytes of the areas, row by row. @param {Tree} tree @param {Colouring} clades @param {number} x0 @param {number} x1
 * @param {number} columns @param {number} rows @returns {Uint8Array} */
function shares(tree, clades, x0, x1, columns, rows) {
  const pixels = new Uint8Array(4 * columns * rows);
  const { shade, table } = clades;
  for (let column = 0; column < columns; column++) {
    const generation = Math.round(x0 + ((column + 0.5) / columns) * (x1 - x0));
    if (generation < tree.first || generation > tree.last) continue;
    const [from, to] = tree.rows(generation);
    for (let k = 0; k < rows; k++) {
      const group = shade[from + Math.floor((k / rows) * (to - from))];
      const at = 4 * (k * columns + column);
      for (let c = 0; c < 3; c++) pixels[at + c] = table[3 * group + c];
      pixels[at + 3] = group ? 255 : 110;
    }
  }
  return pixels;
}

/** The share of the descendants of the one picked. @param {Pen} pen @param {Lineage} lineage
 * @param {(generation: number) => number} x @param {number} height @param {Look} look */
function drawShare(pen, lineage, x, height, look) {
  const first = lineage.tree.generation(lineage.chosen);
  /** @type {number[]} */
  const upper = [];
  /** @type {number[]} */
  const lower = [];
  let last = -Infinity;
  lineage.kin.forEach(([from, to], k) => {
    const at = x(first + k);
    if (at < STRIP.left - 1 || at - last < 1) return;
    const [begin, end] = lineage.tree.rows(first + k);
    last = at;
    upper.push(at, STRIP.top + ((from - begin) / (end - begin)) * height);
    lower.unshift(at, STRIP.top + ((to - begin) / (end - begin)) * height);
  });
  pen.path(upper.concat(lower), { stroke: look.paper, width: 4 }, true);
  pen.path(upper.concat(lower), { stroke: CHOSEN, width: 2 }, true);
}

/** A trait by generation: median, 5 % and 95 % of everybody, and the line of descent.
 * @param {HTMLCanvasElement} canvas @param {Lineage} lineage @param {Trait} trait @param {Codes} bands
 * @param {Codes} codes @param {Look} look */
function drawStrip(canvas, lineage, trait, bands, codes, look) {
  const { tree } = lineage;
  const { x0, x1, width, height, x } = along(lineage, canvas);
  const pen = new CanvasPen(canvas, canvas.clientWidth, canvas.clientHeight, Math.min(devicePixelRatio || 1, 2));
  const generations = tree.last - tree.first + 1;
  const level = (/** @type {number} */ k, /** @type {number} */ g) =>
    alongAxis({ ...trait, low: trait.bands[0], high: trait.bands[1] }, bands[k * generations + g - tree.first]);
  const from = Math.max(tree.first, Math.floor(x0));
  const to = Math.min(tree.last, Math.ceil(x1));
  const step = Math.max(1, Math.floor((x1 - x0) / width));
  const settled = to - tree.first > 2 * SETTLED ? Math.max(from, tree.first + SETTLED) : from;
  const [low, high] = span(level, settled, to, step);
  const y = (/** @type {number} */ at) =>
    STRIP.top + height - Math.min(Math.max((at - low) / (high - low || 1), -0.05), 1.05) * height;
  /** @type {number[][]} */
  const lines = [[], [], []];
  for (let g = from; g <= to; g += step) {
    for (let k = 0; k < 3; k++) if (!Number.isNaN(level(k, g))) lines[k].push(x(g), y(level(k, g)));
  }
  const back = [];
  for (let k = lines[0].length - 2; k >= 0; k -= 2) back.push(lines[0][k], lines[0][k + 1]);
  pen.path(lines[2].concat(back), { fill: look.blue, opacity: 0.18 }, true);
  pen.path(lines[1], { stroke: look.blue, width: 1.8 });
  if (lines[1].length === 2) pen.circle(lines[1][0], lines[1][1], 3, { fill: look.blue });
  /** @type {number[]} */
  const own = [];
  for (let g = from; g <= to && g - tree.first < lineage.path.length; g += step) {
    const code = codes[lineage.path[g - tree.first]];
    if (code) own.push(x(g), y(alongAxis(trait, code)));
  }
  if (own.length) pen.path(own, { stroke: CHOSEN, width: 1.6, dash: [5, 2] });
  if (lineage.brush) drawBrush(pen, look, lineage.brush, x, STRIP.left, STRIP.top, width, height);
  for (const [at, text] of traitTicks(trait, low, high, 3)) {
    pen.path([STRIP.left, y(at), STRIP.left + width, y(at)], { stroke: look.line, opacity: 0.6 });
    if (y(at) < STRIP.top + 12) continue; // the name of the trait stands there
    pen.text(STRIP.left + 3, y(at) - 7, text, { fill: look.faint, size: 11, align: "left", halo: look.paper });
  }
  pen.text(STRIP.left, 9, trait.label, { fill: look.faint, align: "left" });
  timeAxis(pen, look, x0, x1, STRIP.left, width, STRIP.top + height, false);
}

/** The least and the greatest of some bands. @param {(k: number, g: number) => number} level @param {number} from
 * @param {number} to @param {number} step @returns {[number, number]} */
function span(level, from, to, step) {
  let [low, high] = [Infinity, -Infinity];
  for (let g = from; g <= to; g += step) {
    const [a, b] = [level(0, g), level(2, g)];
    if (a < low) low = a;
    if (b > high) high = b;
  }
  if (low > high) return [0, 1];
  const room = (high - low) * 0.06 || Math.abs(high) * 0.05 || 0.5;
  return [low - room, high + room];
}
