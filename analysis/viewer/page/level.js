// What is drawn of so many births: each of them with a line from its parent where few are in view; else cells that
// count all of them, and of the branches that last one in a few pixels, with all its ancestors.

const MOST_SINGLE = 30000;
const CELL = 2; // CSS pixels
const BRANCH = 3; // CSS pixels between branches, and between their joints

/** Generations of a tree that a view reaches. @param {Tree} tree @param {View} view @returns {[number, number]} */
function generationsIn(tree, view) {
  return [Math.max(tree.first, Math.ceil(view.x0)), Math.min(tree.last, Math.floor(view.x1))];
}

/** Places [from, to) in a generation's order that lie in view.
 * @param {Tree} tree @param {Layout} layout @param {number} generation @param {View} view @returns {[number, number]} */
function placesIn(tree, layout, generation, view) {
  const [from, to] = tree.rows(generation);
  const low = boundary(layout, view.y0, from, to);
  return [low, boundary(layout, view.y1, low, to)];
}

/** @param {Layout} layout @param {number} wanted @param {number} from @param {number} to */
function boundary(layout, wanted, from, to) {
  const { y, order } = layout;
  if (!order) return lowerBound(y, wanted, from, to);
  while (from < to) {
    const middle = (from + to) >> 1;
    if (y[order[middle]] < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** How many births lie in view. @param {Tree} tree @param {Layout} layout @param {View} view */
function countIn(tree, layout, view) {
  const [g0, g1] = generationsIn(tree, view);
  let count = 0;
  for (let g = g0; g <= g1; g++) {
    const [from, to] = placesIn(tree, layout, g, view);
    count += to - from;
  }
  return count;
}

/** Counts births in cells, and finds the shade of each: the mean, or of groups that of more than half if there is one. */
class Tally {
  /** @param {number} columns @param {number} rows @param {boolean} grouped */
  constructor(columns, rows, grouped) {
    this.columns = columns;
    this.rows = rows;
    this.grouped = grouped;
    this.count = new Uint32Array(columns * rows);
    this.shade = new Uint8Array(columns * rows);
    this.sum = new Int32Array(columns * rows); // of shades, or the lead of the group that leads (Boyer and Moore)
    this.valued = new Uint32Array(grouped ? 0 : columns * rows);
  }

  /** @param {number} cell @param {number} shade */
  add(cell, shade) {
    this.count[cell]++;
    if (!this.grouped) {
      this.sum[cell] += shade;
      if (shade) this.valued[cell]++;
    } else if (this.sum[cell] === 0) {
      this.shade[cell] = shade;
      this.sum[cell] = 1;
    } else this.sum[cell] += this.shade[cell] === shade ? 1 : -1;
  }

  /** @returns {Cells} */
  cells() {
    const { columns, rows, count, shade, sum, valued } = this;
    let [most, total] = [0, 0];
    for (let cell = 0; cell < count.length; cell++) {
      most = Math.max(most, count[cell]);
      total += count[cell];
      if (!this.grouped && valued[cell]) shade[cell] = Math.round(sum[cell] / valued[cell]);
    }
    return { columns, rows, count, shade, most, total };
  }
}

/** Count everybody in view into cells; the shade of a cell is the mean, or that of most.
 * @param {Tree} tree @param {Layout} layout @param {View} view @param {Colouring} colouring
 * @param {number} columns @param {number} rows @returns {Cells} */
function cellsOf(tree, layout, view, colouring, columns, rows) {
  const [g0, g1] = generationsIn(tree, view);
  const tally = new Tally(columns, rows, colouring.grouped);
  const { y, order } = layout;
  const scale = rows / (view.y1 - view.y0);
  for (let g = g0; g <= g1; g++) {
    const column = Math.floor(((g - g0) / (g1 - g0 + 1)) * columns) * rows;
    const [from, to] = placesIn(tree, layout, g, view);
    for (let k = from; k < to; k++) {
      const row = order ? order[k] : k;
      tally.add(column + Math.min(Math.floor((y[row] - view.y0) * scale), rows - 1), colouring.shade[row]);
    }
  }
  return tally.cells();
}

/** Bytes of a picture of cells, row by row from the top: the more births, the more opaque.
 * @param {Cells} cells @param {Uint8Array} table @returns {Uint8Array} */
function pixelsOf(cells, table) {
  const { columns, rows, count, shade, most } = cells;
  const out = new Uint8Array(4 * columns * rows);
  const opaque = new Uint8Array(most + 1);
  for (let n = 1; n <= most; n++) opaque[n] = 150 + (most > 1 ? (105 * Math.log(n)) / Math.log(most) : 0);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const cell = column * rows + row;
      if (!count[cell]) continue;
      const at = 4 * (row * columns + column);
      out[at] = table[3 * shade[cell]];
      out[at + 1] = table[3 * shade[cell] + 1];
      out[at + 2] = table[3 * shade[cell] + 2];
      out[at + 3] = opaque[count[cell]];
    }
  }
  return out;
}

/** Segments from ancestors to descendants, of those with descendants in the last generation: in each `BRANCH` pixels
 * at least one of those that lie there, and all ancestors of each, every `step` generations.
 * @param {Tree} tree @param {Layout} layout @param {View} view @param {number} width @param {number} height
 * @returns {Float32Array} x, y, x, y in pixels */
function branchesOf(tree, layout, view, width, height) {
  const [g0, g1] = generationsIn(tree, view);
  const step = Math.max(1, Math.ceil((BRANCH * (view.x1 - view.x0)) / width));
  const bins = Math.ceil(height / BRANCH);
  const scale = bins / (view.y1 - view.y0);
  const { y, order } = layout;
  const x = (/** @type {number} */ g) => ((g - view.x0) / (view.x1 - view.x0)) * width;
  const down = (/** @type {number} */ row) => ((y[row] - view.y0) / (view.y1 - view.y0)) * height;
  const marked = new Uint8Array(tree.size);
  /** @type {number[]} */
  const lines = [];
  /** @type {number[]} */
  let kept = [];
  for (let g = g1; g >= g0; g -= step) {
    const taken = new Uint8Array(bins);
    for (const row of kept) {
      const bin = Math.floor((y[row] - view.y0) * scale);
      if (bin >= 0 && bin < bins) taken[bin] = 1;
    }
    const [from, to] = placesIn(tree, layout, g, view);
    for (let k = from; k < to; k++) {
      const row = order ? order[k] : k;
      const bin = Math.min(Math.floor((y[row] - view.y0) * scale), bins - 1);
      if (!tree.lasting[row] || taken[bin]) continue;
      taken[bin] = 1;
      kept.push(row);
    }
    const climb = Math.min(step, g - tree.first);
    if (!climb) break;
    /** @type {number[]} */
    const above = [];
    for (const row of kept) {
      let up = row;
      for (let k = 0; k < climb; k++) up = tree.parent[up];
      lines.push(x(g - climb), down(up), x(g), down(row));
      if (!marked[up]) above.push(up);
      marked[up] = 1;
    }
    kept = above;
  }
  return Float32Array.from(lines);
}

/** What to draw of a view.
 * @param {Tree} tree @param {Layout} layout @param {View} view @param {Colouring} colouring
 * @param {number} width @param {number} height of the canvas in CSS pixels @returns {Scene} */
function sceneOf(tree, layout, view, colouring, width, height) {
  const inView = countIn(tree, layout, view);
  return inView <= MOST_SINGLE
    ? singles(tree, layout, view, colouring, width, height, inView)
    : aggregate(tree, layout, view, colouring, width, height, inView);
}

/** @param {Tree} tree @param {Layout} layout @param {View} view @param {Colouring} colouring
 * @param {number} width @param {number} height @param {number} inView @returns {Scene} */
function aggregate(tree, layout, view, colouring, width, height, inView) {
  const [g0, g1] = generationsIn(tree, view);
  const perGeneration = width / (view.x1 - view.x0);
  const left = (g0 - 0.5 - view.x0) * perGeneration;
  const right = (g1 + 0.5 - view.x0) * perGeneration;
  const columns = Math.max(1, Math.min(g1 - g0 + 1, Math.ceil((right - left) / CELL)));
  const cells = cellsOf(tree, layout, view, colouring, columns, Math.ceil(height / CELL));
  return {
    cells,
    box: [left, 0, right, height],
    lines: branchesOf(tree, layout, view, width, height),
    points: new Float32Array(0),
    colours: new Uint8Array(0),
    size: 0,
    inView,
    pixels: pixelsOf(cells, colouring.table),
  };
}

/** @param {Tree} tree @param {Layout} layout @param {View} view @param {Colouring} colouring
 * @param {number} width @param {number} height @param {number} inView @returns {Scene} */
function singles(tree, layout, view, colouring, width, height, inView) {
  const [g0, g1] = generationsIn(tree, view);
  const perGeneration = width / (view.x1 - view.x0);
  const scale = height / (view.y1 - view.y0);
  const points = new Float32Array(2 * inView);
  const colours = new Uint8Array(4 * inView);
  const lines = new Float32Array(4 * inView);
  const { y, order } = layout;
  const { shade, table } = colouring;
  let [n, m] = [0, 0];
  for (let g = g0; g <= g1; g++) {
    const [begin, end] = placesIn(tree, layout, g, view);
    for (let k = begin; k < end; k++, n++) {
      const row = order ? order[k] : k;
      points[2 * n] = (g - view.x0) * perGeneration;
      points[2 * n + 1] = (y[row] - view.y0) * scale;
      const from = 3 * shade[row];
      colours[4 * n] = table[from];
      colours[4 * n + 1] = table[from + 1];
      colours[4 * n + 2] = table[from + 2];
      colours[4 * n + 3] = 255;
      if (tree.parent[row] === NOBODY) continue;
      lines[m++] = points[2 * n] - perGeneration;
      lines[m++] = (y[tree.parent[row]] - view.y0) * scale;
      lines[m++] = points[2 * n];
      lines[m++] = points[2 * n + 1];
    }
  }
  const room = Math.min(perGeneration / 2.5, Math.sqrt((width * height) / Math.max(inView, 1)) / 2);
  return {
    cells: null,
    box: [0, 0, width, height],
    lines: lines.subarray(0, m),
    points,
    colours,
    size: Math.min(Math.max(room, 2), 9),
    inView,
    pixels: new Uint8Array(0),
  };
}
