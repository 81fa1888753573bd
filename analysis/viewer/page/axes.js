// Axes, and what stands out in the large drawing: the path to the root, descendants, the one picked, the time brush.

/** Round numbers from low to high, about as many as wanted. @param {number} low @param {number} high
 * @param {number} wanted @param {boolean} [whole] @returns {number[]} */
function ticks(low, high, wanted, whole) {
  const rough = (high - low) / Math.max(wanted, 1) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * ([1, 2, 5].find((k) => k * power >= rough) || 10);
  if (whole) step = Math.max(Math.round(step), 1);
  const out = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++) out.push(k * step || 0);
  return out;
}

/** Ticks of a trait's axis: along it, and as written. @param {Trait} trait @param {number} low @param {number} high
 * @param {number} wanted @returns {[number, string][]} */
function traitTicks(trait, low, high, wanted) {
  if (!trait.log) return ticks(low, high, wanted).map((at) => [at, said(Number(at.toPrecision(12)))]);
  const decades = ticks(low, high, wanted, true);
  if (decades.length > 1) return decades.map((at) => [at, said(10 ** at)]);
  /** @type {[number, string][]} */
  const out = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const k of [1, 2, 5]) {
      const at = power + Math.log10(k);
      if (at >= low && at <= high) out.push([at, said(k * 10 ** power)]);
    }
  }
  return out.length > 1 ? out : ticks(10 ** low, 10 ** high, wanted).map((at) => [Math.log10(at), said(at)]);
}

/** The axis of time below a box. @param {Pen} pen @param {Look} look @param {number} x0 @param {number} x1
 * @param {number} left @param {number} width @param {number} top @param {boolean} named */
function timeAxis(pen, look, x0, x1, left, width, top, named) {
  pen.path([left, top, left + width, top], { stroke: look.line });
  for (const at of ticks(Math.ceil(x0), Math.floor(x1), Math.max(width / 90, 2), true)) {
    const x = left + ((at - x0) / (x1 - x0)) * width;
    pen.path([x, top, x, top + 4], { stroke: look.faint });
    if (x > left + 8 && x < left + width - 8) {
      pen.text(x, top + 13, at.toLocaleString("en"), { fill: look.faint, size: 11 });
    }
  }
  if (named) pen.text(left + width / 2, top + 28, "generation", { fill: look.faint, size: 12 });
}

/** @typedef {{x: (generation: number) => number, y: (row: number) => number}} Scales */

/** The line from the root; a joint a pixel at most.
 * @param {Pen} pen @param {Tree} tree @param {Int32Array} path @param {Scales} scales @param {Look} look */
function drawPath(pen, tree, path, scales, look) {
  const points = [];
  let last = -Infinity;
  for (let k = 0; k < path.length; k++) {
    const x = scales.x(tree.first + k);
    if (x - last < 1 && k + 1 < path.length) continue;
    points.push(x, scales.y(path[k]));
    last = x;
  }
  pen.path(points, { stroke: look.paper, width: 5, opacity: 0.9 });
  pen.path(points, { stroke: CHOSEN, width: 2.4 });
}

/** The band of descendants, in the drawing in which they stand together.
 * @param {Pen} pen @param {number} generation of the first @param {[number, number][]} ranges @param {Scales} scales
 * @param {Look} look */
function drawBand(pen, generation, ranges, scales, look) {
  /** @type {number[]} */
  const upper = [];
  /** @type {number[]} */
  const lower = [];
  let last = -Infinity;
  ranges.forEach(([from, to], k) => {
    const x = scales.x(generation + k);
    if (x - last < 1 && k + 1 < ranges.length) return;
    last = x;
    upper.push(x, scales.y(from) - 1.5);
    lower.unshift(x, scales.y(to - 1) + 1.5);
  });
  const band = upper.concat(lower);
  pen.path(band, { fill: look.blue, opacity: 0.22 }, true);
  pen.path(band, { stroke: look.blue, width: 1.4 }, true);
}

/** Descendants one by one, where they stand apart: all, or every k-th.
 * @param {Pen} pen @param {number} generation @param {[number, number][]} ranges @param {Scales} scales @param {Look} look */
function drawScattered(pen, generation, ranges, scales, look) {
  const size = ranges.reduce((sum, [from, to]) => sum + to - from, 0);
  const step = Math.ceil(size / 4000);
  ranges.forEach(([from, to], k) => {
    const x = scales.x(generation + k);
    for (let row = from; row < to; row += step) pen.circle(x, scales.y(row), 1.6, { fill: look.blue });
  });
}

/** Where two histories part. @param {Pen} pen @param {Look} look @param {number} x @param {number} top
 * @param {number} height */
function drawParting(pen, look, x, top, height) {
  pen.path([x, top, x, top + height], { stroke: look.ink, width: 1.4, dash: [6, 4] });
  pen.text(x + 6, top + 10, "they part here", { fill: look.ink, size: 11, align: "left", halo: look.paper });
}

/** Shade what lies outside the brush. @param {Pen} pen @param {Look} look @param {[number, number]} brush
 * @param {(generation: number) => number} x @param {number} left @param {number} top @param {number} width
 * @param {number} height */
function drawBrush(pen, look, brush, x, left, top, width, height) {
  const from = Math.min(Math.max(x(brush[0] - 0.5), left), left + width);
  const to = Math.min(Math.max(x(brush[1] + 0.5), left), left + width);
  for (const [a, b] of [
    [left, from],
    [to, left + width],
  ]) {
    if (b > a) pen.path([a, top, b, top, b, top + height, a, top + height], { fill: look.paper, opacity: 0.72 }, true);
  }
  for (const at of [from, to]) pen.path([at, top, at, top + height], { stroke: look.faint, dash: [4, 3] });
}
