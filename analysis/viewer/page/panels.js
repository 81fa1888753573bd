// The trade-off plane: the same individuals by what they trade.

const FEW = 3000; // individuals that are drawn one by one
const PANEL = { left: 52, right: 12, top: 8, bottom: 38 };

/** The axis of a trait in the plane: what most hold, and as much again on both sides at most.
 * @param {Trait} trait @returns {[number, number]} along the axis */
function reach(trait) {
  const width = trait.to - trait.from || 1;
  const low = Math.max(trait.low, trait.from - width);
  const high = Math.min(trait.high, trait.to + width);
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

/** A trait of everybody, and where its axis begins and ends. @typedef {{trait: Trait, codes: Codes}} Column */

class Plane {
  /** @param {HTMLCanvasElement} canvas @param {Tree} tree @param {Column} x @param {Column} y */
  constructor(canvas, tree, x, y) {
    this.canvas = canvas;
    this.tree = tree;
    this.x = x;
    this.y = y;
    /** @type {{colouring: Colouring, pixels: Uint8Array, size: string, total: number} | null} */
    this.ground = null;
    this.memo = new Memo();
    /** @type {[number, number]} */
    this.rows = [0, tree.size];
  }

  /** @returns {[number, number]} */
  room() {
    return [
      Math.max(this.canvas.clientWidth - PANEL.left - PANEL.right, 10),
      Math.max(this.canvas.clientHeight - PANEL.top - PANEL.bottom, 10),
    ];
  }

  /** Show those of some generations alone. @param {[number, number] | null} brush */
  between(brush) {
    const { tree } = this;
    this.rows = brush ? [tree.rows(brush[0])[0], tree.rows(brush[1])[1]] : [0, tree.size];
    this.ground = null;
  }

  /** Count everybody with both traits in cells; who lies beyond the axes lies on their edge.
   * @param {Colouring} colouring @param {number} columns @param {number} rows @returns {Cells} */
  count(colouring, columns, rows) {
    const tally = new Tally(columns, rows, colouring.grouped);
    const across = cellIndex(this.x.trait, columns);
    const down = cellIndex(this.y.trait, rows);
    const [x, y] = [this.x.codes, this.y.codes];
    const { shade } = colouring;
    for (let row = this.rows[0]; row < this.rows[1]; row++) {
      if (x[row] && y[row]) tally.add(across[x[row]] * rows + rows - 1 - down[y[row]], shade[row]);
    }
    return tally.cells();
  }

  /** @param {number} row @returns {[number, number] | null} place on the canvas */
  place(row) {
    if (!this.x.codes[row] || !this.y.codes[row]) return null;
    const [width, height] = this.room();
    const at = [this.x, this.y].map(({ trait, codes }) => {
      const [low, high] = reach(trait);
      return Math.min(Math.max((alongAxis(trait, codes[row]) - low) / (high - low), 0), 1);
    });
    return [PANEL.left + at[0] * width, PANEL.top + (1 - at[1]) * height];
  }

  /** @param {number} x @param {number} y @returns {number} row */
  nearest(x, y) {
    let [best, found] = [NEAR * NEAR, NOBODY];
    for (let row = this.rows[0]; row < this.rows[1]; row++) {
      const at = this.place(row);
      const far = at ? (at[0] - x) ** 2 + (at[1] - y) ** 2 : Infinity;
      if (far < best) [best, found] = [far, row];
    }
    return found;
  }

  /** @param {Look} look @param {Colouring} colouring @param {Lineage} lineage */
  draw(look, colouring, lineage) {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const { clientWidth, clientHeight } = this.canvas;
    if (!this.memo.changed(look, colouring, lineage.path, this.rows, clientWidth, clientHeight, ratio)) return;
    const pen = new CanvasPen(this.canvas, clientWidth, clientHeight, ratio);
    const [width, height] = this.room();
    const [columns, rows] = [Math.ceil(width / CELL), Math.ceil(height / CELL)];
    if (!this.ground || this.ground.colouring !== colouring || this.ground.size !== `${columns} ${rows}`) {
      const cells = this.count(colouring, columns, rows);
      const pixels = pixelsOf(cells, colouring.table);
      this.ground = { colouring, pixels, size: `${columns} ${rows}`, total: cells.total };
    }
    if (this.ground.total > FEW) pen.picture(this.ground.pixels, columns, rows, PANEL.left, PANEL.top, width, height);
    else this.drawEach(pen, colouring);
    this.drawAxes(pen, look, width, height);
    this.drawKin(pen, look, lineage);
  }

  /** @param {Pen} pen @param {Colouring} colouring */
  drawEach(pen, { shade, table }) {
    for (let row = this.rows[0]; row < this.rows[1]; row++) {
      const at = this.place(row);
      const [red, green, blue] = table.subarray(3 * shade[row], 3 * shade[row] + 3);
      if (at) pen.circle(at[0], at[1], 2.4, { fill: `rgb(${red},${green},${blue})`, opacity: 0.85 });
    }
  }

  /** @param {Pen} pen @param {Look} look @param {number} width @param {number} height */
  drawAxes(pen, look, width, height) {
    const { left, top } = PANEL;
    pen.path([left, top, left, top + height, left + width, top + height], { stroke: look.line });
    const [x, y] = [this.x.trait, this.y.trait];
    const [xs, ys] = [reach(x), reach(y)];
    for (const [at, text] of traitTicks(x, xs[0], xs[1], width / 70)) {
      const place = left + ((at - xs[0]) / (xs[1] - xs[0])) * width;
      pen.path([place, top + height, place, top + height + 4], { stroke: look.faint });
      pen.text(place, top + height + 13, text, { fill: look.faint, size: 11 });
    }
    for (const [at, text] of traitTicks(y, ys[0], ys[1], height / 40)) {
      const place = top + height - ((at - ys[0]) / (ys[1] - ys[0])) * height;
      pen.path([left - 4, place, left, place], { stroke: look.faint });
      pen.text(left - 7, place, text, { fill: look.faint, size: 11, align: "right" });
    }
    const arrow = x.better < 0 ? " (← better)" : x.better ? " (better →)" : "";
    pen.text(left + width / 2, top + height + 28, x.label + arrow, { fill: look.faint });
    pen.text(9, top + height / 2, y.label + (y.better > 0 ? " (better →)" : ""), { fill: look.faint, turned: true });
  }

  /** Descendants, the path to the root, and the one picked. @param {Pen} pen @param {Look} look @param {Lineage} lineage */
  drawKin(pen, look, lineage) {
    const many = lineage.kin.reduce((sum, [from, to]) => sum + to - from, 0);
    const step = Math.ceil(many / 2000);
    for (const [from, to] of lineage.kin) {
      for (let row = from; row < to; row += step) {
        const at = this.place(row);
        if (at) pen.circle(at[0], at[1], 1.8, { fill: look.blue, opacity: 0.8 });
      }
    }
    const every = Math.ceil(lineage.path.length / 400);
    const line = [];
    for (let k = lineage.path.length - 1; k >= 0; k -= every) line.push(...(this.place(lineage.path[k]) || []));
    if (line.length > 2) {
      pen.path(line, { stroke: look.paper, width: 3, opacity: 0.8 });
      pen.path(line, { stroke: CHOSEN, width: 1.4 });
    }
    const at = lineage.chosen === NOBODY ? null : this.place(lineage.chosen);
    if (at) pen.circle(at[0], at[1], 6, { stroke: look.ink, fill: CHOSEN, width: 2 });
  }
}

/** For each code the cell along an axis of so many. @param {Trait} trait @param {number} cells @returns {Uint16Array} */
function cellIndex(trait, cells) {
  const [low, high] = reach(trait);
  const out = new Uint16Array(CODES + 2);
  for (let code = 1; code < out.length; code++) {
    const at = Math.floor(((alongAxis(trait, code) - low) / (high - low)) * cells);
    out[code] = Math.min(Math.max(at, 0), cells - 1);
  }
  return out;
}
