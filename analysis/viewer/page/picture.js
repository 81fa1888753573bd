// The present view as a file: SVG, or PNG.

/** The large drawing as SVG: cells as a picture, single births, lines, words as shapes.
 * @param {Lineage} lineage @param {string} title @returns {string} */
function asSvg(lineage, title) {
  const { clientWidth, clientHeight } = lineage.canvas;
  const pen = new SvgPen(clientWidth, clientHeight);
  const scene = lineage.scene;
  const look = lineage.look();
  if (scene) drawScene(pen, scene, look);
  const group = pen.parts.splice(0);
  const [width, height] = lineage.room();
  const clip = `<clipPath id="room"><rect width="${width}" height="${height}"/></clipPath>`;
  pen.parts.push(`<g transform="translate(${MARGIN.left} ${MARGIN.top})">${clip}<g clip-path="url(#room)">`);
  pen.parts.push(...group, "</g></g>");
  lineage.drawOver(pen);
  return pen.whole(look.paper, title);
}

/** @param {SvgPen} pen @param {Scene} scene @param {Look} look */
function drawScene(pen, scene, look) {
  const { cells, lines, points, colours } = scene;
  if (cells) {
    const [left, top, right, bottom] = scene.box;
    pen.picture(scene.pixels, cells.columns, cells.rows, left, top, right - left, bottom - top);
  }
  const steps = [];
  for (let k = 0; k < lines.length; k += 4) {
    const [a, b, c, d] = [lines[k], lines[k + 1], lines[k + 2], lines[k + 3]].map((at) => at.toFixed(1));
    steps.push(`M${a},${b}L${c},${d}`);
  }
  if (steps.length) {
    pen.parts.push(`<path d="${steps.join("")}" ${SvgPen.look({ stroke: look.ink, opacity: cells ? 0.5 : 0.28 })}/>`);
  }
  for (let k = 0; k < points.length / 2; k++) {
    const fill = `rgb(${colours[4 * k]},${colours[4 * k + 1]},${colours[4 * k + 2]})`;
    pen.circle(points[2 * k], points[2 * k + 1], scene.size / 2, { fill });
  }
}

/** The large drawing as it is on the screen. @param {Lineage} lineage @returns {HTMLCanvasElement} */
function asPicture(lineage) {
  const out = document.createElement("canvas");
  out.width = lineage.canvas.width;
  out.height = lineage.canvas.height;
  const context = /** @type {CanvasRenderingContext2D} */ (out.getContext("2d"));
  context.fillStyle = lineage.look().paper;
  context.fillRect(0, 0, out.width, out.height);
  const ratio = out.width / lineage.canvas.clientWidth;
  context.drawImage(lineage.glCanvas, MARGIN.left * ratio, MARGIN.top * ratio);
  context.drawImage(lineage.canvas, 0, 0);
  return out;
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = element("a", "", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** @param {string} text @returns {string} a name of a file */
function fileName(text) {
  return text.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|-+$/g, "") || "lineage";
}
