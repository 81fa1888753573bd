// The large drawing of a run: what is in view, how it moves, and who is picked.

const MARGIN = { left: 10, right: 10, top: 8, bottom: 38 };
const LEAST = { generations: 2, height: 1e-5 };
const NEAR = 24; // CSS pixels within which a click picks somebody

class Lineage {
  /** @param {HTMLElement} stage @param {Tree} tree @param {() => Look} look */
  constructor(stage, tree, look) {
    this.tree = tree;
    this.look = look;
    this.glCanvas = /** @type {HTMLCanvasElement} */ (stage.querySelector("canvas.cells"));
    this.canvas = /** @type {HTMLCanvasElement} */ (stage.querySelector("canvas.over"));
    this.painter = new Painter(this.glCanvas);
    this.layout = tree.ladder;
    /** @type {Colouring | null} */
    this.colouring = null;
    this.chosen = NOBODY;
    /** @type {Int32Array} */
    this.path = new Int32Array(0);
    /** @type {[number, number][]} */
    this.kin = [];
    /** @type {[number, number] | null} */
    this.brush = null;
    /** @type {Scene | null} */
    this.scene = null;
    this.memo = new Memo();
    /** @type {[number, number]} generations of all that is drawn beside each other */
    this.span = [tree.first, tree.last];
    /** @type {number | null} the last generation whose newborns the other run has, too */
    this.parting = null;
    this.view = this.whole();
  }

  /** Everything. @returns {View} */
  whole() {
    const [first, last] = this.span;
    const room = Math.max((last - first) * 0.01, 0.5);
    return { x0: first - room, x1: last + room, y0: -0.01, y1: 1.01 };
  }

  /** Width and height of the drawing within its axes, in CSS pixels. @returns {[number, number]} */
  room() {
    const { clientWidth, clientHeight } = this.canvas;
    return [
      Math.max(clientWidth - MARGIN.left - MARGIN.right, 10),
      Math.max(clientHeight - MARGIN.top - MARGIN.bottom, 10),
    ];
  }

  /** @returns {Scales} */
  scales() {
    const [width, height] = this.room();
    const { x0, x1, y0, y1 } = this.view;
    const { y } = this.layout;
    return {
      x: (generation) => MARGIN.left + ((generation - x0) / (x1 - x0)) * width,
      y: (row) => MARGIN.top + ((y[row] - y0) / (y1 - y0)) * height,
    };
  }

  /** Look at something else, within what there is. @param {View} view */
  lookAt(view) {
    const all = this.whole();
    const wide = Math.min(Math.max(view.x1 - view.x0, LEAST.generations), all.x1 - all.x0);
    const high = Math.min(Math.max(view.y1 - view.y0, LEAST.height), all.y1 - all.y0);
    const x0 = Math.min(Math.max((view.x0 + view.x1 - wide) / 2, all.x0), all.x1 - wide);
    const y0 = Math.min(Math.max((view.y0 + view.y1 - high) / 2, all.y0), all.y1 - high);
    this.view = { x0, x1: x0 + wide, y0, y1: y0 + high };
  }

  /** Zoom about a place of the canvas. @param {number} factor below 1 to see less @param {number} x @param {number} y
   * @param {{time?: boolean, height?: boolean}} [only] */
  zoom(factor, x, y, only = {}) {
    const [width, height] = this.room();
    const { x0, x1, y0, y1 } = this.view;
    const cx = x0 + ((x - MARGIN.left) / width) * (x1 - x0);
    const cy = y0 + ((y - MARGIN.top) / height) * (y1 - y0);
    const [fx, fy] = [only.height ? 1 : factor, only.time ? 1 : factor];
    this.lookAt({ x0: cx + (x0 - cx) * fx, x1: cx + (x1 - cx) * fx, y0: cy + (y0 - cy) * fy, y1: cy + (y1 - cy) * fy });
  }

  /** Zoom about the middle. @param {number} factor */
  zoomMiddle(factor) {
    const [width, height] = this.room();
    this.zoom(factor, MARGIN.left + width / 2, MARGIN.top + height / 2);
  }

  /** Move by shares of what is in view. @param {number} right @param {number} down */
  pan(right, down) {
    const { x0, x1, y0, y1 } = this.view;
    const [dx, dy] = [(x1 - x0) * right, (y1 - y0) * down];
    this.lookAt({ x0: x0 + dx, x1: x1 + dx, y0: y0 + dy, y1: y1 + dy });
  }

  /** @param {number} row or NOBODY */
  pick(row) {
    this.chosen = row;
    this.path = row === NOBODY ? new Int32Array(0) : this.tree.path(row);
    this.kin = row === NOBODY ? [] : this.tree.descendants(row);
  }

  /** See to it that the one picked is in view. */
  reveal() {
    if (this.chosen === NOBODY) return;
    const [g, y] = [this.tree.generation(this.chosen), this.layout.y[this.chosen]];
    const { x0, x1, y0, y1 } = this.view;
    if (g >= x0 && g <= x1 && y >= y0 && y <= y1) return;
    const [w, h] = [(x1 - x0) / 2, (y1 - y0) / 2];
    this.lookAt({ x0: g - w, x1: g + w, y0: y - h, y1: y + h });
  }

  /** The birth nearest to a place of the canvas, or NOBODY. @param {number} x @param {number} y */
  nearest(x, y) {
    const [width, height] = this.room();
    const { x0, x1, y0, y1 } = this.view;
    const scales = this.scales();
    const generation = x0 + ((x - MARGIN.left) / width) * (x1 - x0);
    const at = y0 + ((y - MARGIN.top) / height) * (y1 - y0);
    const reach = (NEAR / width) * (x1 - x0);
    let [best, found] = [NEAR * NEAR, NOBODY];
    const from = Math.max(this.tree.first, Math.ceil(generation - reach));
    for (let g = from; g <= Math.min(this.tree.last, Math.floor(generation + reach)); g++) {
      const [begin, end] = this.tree.rows(g);
      const place = boundary(this.layout, at, begin, end);
      for (const k of [place - 1, place]) {
        if (k < begin || k >= end) continue;
        const row = this.layout.order ? this.layout.order[k] : k;
        const far = (scales.x(g) - x) ** 2 + (scales.y(row) - y) ** 2;
        if (far < best) [best, found] = [far, row];
      }
    }
    return found;
  }

  /** How many births lie in a view, and how many its cells hold. @param {View} view */
  census(view) {
    const [width, height] = this.room();
    const colouring = /** @type {Colouring} */ (this.colouring);
    const cells = cellsOf(this.tree, this.layout, view, colouring, Math.ceil(width / CELL), Math.ceil(height / CELL));
    return { births: countIn(this.tree, this.layout, view), cells: cells.total };
  }

  draw() {
    if (!this.colouring) return;
    const [width, height] = this.room();
    const ratio = Math.min(devicePixelRatio || 1, 2);
    if (this.memo.changed(this.view, this.layout, this.colouring, width, height, ratio, this.look(), this.painter.lost)) {
      this.scene = sceneOf(this.tree, this.layout, this.view, this.colouring, width, height);
      this.painter.draw(this.scene, this.look(), width, height, ratio);
    }
    this.drawOver(new CanvasPen(this.canvas, this.canvas.clientWidth, this.canvas.clientHeight, ratio));
  }

  /** @param {Pen} pen */
  drawOver(pen) {
    const [width, height] = this.room();
    const { look, scales } = { look: this.look(), scales: this.scales() };
    const { left, top } = MARGIN;
    if (pen instanceof CanvasPen) {
      pen.context.save();
      pen.context.beginPath();
      pen.context.rect(left, top, width, height);
      pen.context.clip();
    }
    if (this.brush) drawBrush(pen, look, this.brush, scales.x, left, top, width, height);
    if (this.layout.order) this.drawLanes(pen, look, width, height);
    if (this.parting !== null) drawParting(pen, look, scales.x(this.parting), top, height);
    if (this.chosen !== NOBODY) {
      const generation = this.tree.generation(this.chosen);
      if (this.layout.order) drawScattered(pen, generation, this.kin, scales, look);
      else drawBand(pen, generation, this.kin, scales, look);
      drawPath(pen, this.tree, this.path, scales, look);
      const [x, y] = [scales.x(generation), scales.y(this.chosen)];
      pen.circle(x, y, 7, { stroke: look.paper, width: 4 });
      pen.circle(x, y, 7, { stroke: CHOSEN, width: 2.4 });
    }
    if (pen instanceof CanvasPen) pen.context.restore();
    timeAxis(pen, look, this.view.x0, this.view.x1, left, width, top + height, true);
  }

  /** Names of islands and what separates them. @param {Pen} pen @param {Look} look @param {number} width
   * @param {number} height */
  drawLanes(pen, look, width, height) {
    const islands = this.tree.head.islands;
    const { y0, y1 } = this.view;
    const lane = height / islands / (y1 - y0);
    for (let k = 0; k <= islands; k++) {
      const y = MARGIN.top + ((k / islands - y0) / (y1 - y0)) * height;
      if (lane > 6) pen.path([MARGIN.left, y, MARGIN.left + width, y], { stroke: look.line });
      if (lane > 14 && k < islands) {
        const word = { fill: look.ink, size: 11, align: /** @type {"left"} */ ("left"), halo: look.paper };
        pen.text(MARGIN.left + 4, y + 9, `island ${k}`, word);
      }
    }
  }
}
