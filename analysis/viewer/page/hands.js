// What pointer, wheel and keys do to a pane.

const CLICK = 4; // CSS pixels that a click may move

class Hands {
  /** @param {Pane} pane */
  constructor(pane) {
    this.pane = pane;
    this.lineage = /** @type {Lineage} */ (pane.lineage);
    this.tree = this.lineage.tree;
    /** @type {Map<number, {x: number, y: number}>} */
    this.down = new Map();
    this.far = 0;
  }

  listen() {
    const canvas = this.lineage.canvas;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.down.delete(event.pointerId));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", (event) => {
      this.lineage.zoom(0.4, event.offsetX, event.offsetY);
      this.pane.owner.moved(this.pane);
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
    const strips = [this.pane.part(".strips"), this.pane.part(".muller")];
    for (const holder of strips) this.brushOn(holder, (target) => target instanceof HTMLCanvasElement, STRIP.left, 0);
    this.brushOn(this.pane.part(".stage"), () => true, MARGIN.left, MARGIN.bottom);
    const plane = this.pane.plane;
    plane?.canvas.addEventListener("click", (event) => {
      this.pane.owner.picked(this.pane, plane.nearest(event.offsetX, event.offsetY));
    });
  }

  /** A drag along a strip, or along the lowest pixels of a drawing, chooses generations; a click all of them.
   * @param {HTMLElement} holder @param {(target: EventTarget | null) => boolean} takes @param {number} margin
   * @param {number} lowest 0 if all of it */
  brushOn(holder, takes, margin, lowest) {
    /** @type {number | null} */
    let from = null;
    /** @param {PointerEvent} event */
    const generation = (event) => {
      const box = /** @type {HTMLElement} */ (event.target).getBoundingClientRect();
      const share = (event.clientX - box.left - margin) / (box.width - 2 * margin);
      const { x0, x1 } = this.lineage.view;
      return Math.min(Math.max(Math.round(x0 + share * (x1 - x0)), this.tree.first), this.tree.last);
    };
    holder.addEventListener("pointerdown", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (!takes(target) || (lowest && event.offsetY < target.clientHeight - lowest)) return;
      from = generation(event);
      target.setPointerCapture(event.pointerId);
    });
    holder.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const to = generation(event);
      if (to !== from) this.pane.owner.brushed([Math.min(from, to), Math.max(from, to)]);
    });
    holder.addEventListener("pointerup", (event) => {
      if (from !== null && generation(event) === from) this.pane.owner.brushed(null);
      from = null;
    });
  }

  /** @param {PointerEvent} event */
  press(event) {
    this.lineage.canvas.focus({ preventScroll: true });
    if (event.offsetY > this.lineage.canvas.clientHeight - MARGIN.bottom) return;
    this.lineage.canvas.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.down.size === 1) this.far = 0;
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const before = this.down.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.offsetX - before.x, event.offsetY - before.y];
    this.far += Math.abs(dx) + Math.abs(dy);
    if (this.far <= CLICK) return;
    const [width, height] = this.lineage.room();
    const other = [...this.down].find(([id]) => id !== event.pointerId);
    if (other) {
      const apart = (/** @type {{x: number, y: number}} */ a) => Math.hypot(a.x - other[1].x, a.y - other[1].y) || 1;
      const factor = apart(before) / apart({ x: event.offsetX, y: event.offsetY });
      this.lineage.zoom(factor, other[1].x, other[1].y);
    } else this.lineage.pan(-dx / width, -dy / height);
    this.down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.pane.owner.moved(this.pane);
  }

  /** @param {PointerEvent} event */
  release(event) {
    const was = this.down.delete(event.pointerId);
    if (was && this.far <= CLICK && !this.down.size) {
      this.pane.owner.picked(this.pane, this.lineage.nearest(event.offsetX, event.offsetY));
    }
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const turned = event.deltaY || event.deltaX; // a browser may give Shift's as sideways
    const factor = Math.exp(Math.min(Math.max(turned, -240), 240) * 0.002);
    this.lineage.zoom(factor, event.offsetX, event.offsetY, { time: event.shiftKey, height: event.altKey });
    this.pane.owner.moved(this.pane);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const kin = this.kinBy(event.key);
    if (kin !== null) this.pane.owner.picked(this.pane, kin);
    else if (!this.moveBy(event.key)) return;
    else this.pane.owner.moved(this.pane);
    event.preventDefault();
  }

  /** @param {string} key @returns {boolean} whether it moves */
  moveBy(key) {
    const { lineage } = this;
    if (key === "ArrowLeft") lineage.pan(-0.15, 0);
    else if (key === "ArrowRight") lineage.pan(0.15, 0);
    else if (key === "ArrowUp") lineage.pan(0, -0.15);
    else if (key === "ArrowDown") lineage.pan(0, 0.15);
    else if (key === "+" || key === "=") lineage.zoomMiddle(0.6);
    else if (key === "-") lineage.zoomMiddle(1 / 0.6);
    else if (key === "0") lineage.lookAt(lineage.whole());
    else return false;
    return true;
  }

  /** Whom a key picks: p the parent, c the first child, n and b the next and the one before in the generation, r the
   * root, l one of the last generation, Escape nobody. @param {string} key @returns {number | null} row */
  kinBy(key) {
    const { tree, lineage } = this;
    const row = lineage.chosen;
    if (key === "Escape") return NOBODY;
    if (key === "l") return tree.starts[tree.starts.length - 2];
    if (row === NOBODY) return "pcnbr".includes(key) ? 0 : null;
    const [from, to] = tree.rows(tree.generation(row));
    if (key === "p") return tree.parent[row] === NOBODY ? row : tree.parent[row];
    if (key === "c") return lineage.kin.length > 1 ? lineage.kin[1][0] : row;
    if (key === "n") return Math.min(row + 1, to - 1);
    if (key === "b") return Math.max(row - 1, from);
    if (key === "r") return lineage.path[0];
    return null;
  }
}
