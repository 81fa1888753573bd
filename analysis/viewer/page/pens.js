// Lines and words on a canvas, or the same as SVG.

/** @typedef {{stroke?: string, fill?: string, width?: number, dash?: number[], opacity?: number}} Style */
/** @typedef {{fill: string, size?: number, align?: "left" | "center" | "right", turned?: boolean, halo?: string}} Word */
/** @typedef {CanvasPen | SvgPen} Pen */

const FONT = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';

/** Knows of what something was made the last time. */
class Memo {
  constructor() {
    /** @type {unknown[] | null} */
    this.values = null;
  }

  /** Whether it is to be made again. @param {unknown[]} values */
  changed(...values) {
    const before = this.values;
    this.values = values;
    return !before || values.some((value, k) => value !== before[k]);
  }
}

class CanvasPen {
  /** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height in CSS pixels @param {number} ratio */
  constructor(canvas, width, height, ratio) {
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
  }

  /** @param {ArrayLike<number>} points x, y, x, y, … @param {Style} style @param {boolean} [closed] */
  path(points, style, closed) {
    const c = this.context;
    c.globalAlpha = style.opacity ?? 1;
    c.setLineDash(style.dash || []);
    c.beginPath();
    for (let k = 0; k + 1 < points.length; k += 2) c.lineTo(points[k], points[k + 1]);
    if (closed) c.closePath();
    this.finish(style);
  }

  /** @param {number} x @param {number} y @param {number} radius @param {Style} style */
  circle(x, y, radius, style) {
    this.context.globalAlpha = style.opacity ?? 1;
    this.context.setLineDash([]);
    this.context.beginPath();
    this.context.arc(x, y, radius, 0, 2 * Math.PI);
    this.finish(style);
  }

  /** @param {Style} style */
  finish(style) {
    const c = this.context;
    if (style.fill) {
      c.fillStyle = style.fill;
      c.fill();
    }
    if (style.stroke) {
      c.strokeStyle = style.stroke;
      c.lineWidth = style.width || 1;
      c.lineJoin = "round";
      c.stroke();
    }
    c.globalAlpha = 1;
  }

  /** @param {number} x @param {number} y of its middle @param {string} text @param {Word} word */
  text(x, y, text, word) {
    const c = this.context;
    c.save();
    c.translate(x, y);
    if (word.turned) c.rotate(-Math.PI / 2);
    c.font = `${word.size || 12}px ${FONT}`;
    c.textAlign = word.align || "center";
    c.textBaseline = "middle";
    if (word.halo) {
      c.strokeStyle = word.halo;
      c.lineWidth = 4;
      c.lineJoin = "round";
      c.strokeText(text, 0, 0);
    }
    c.fillStyle = word.fill;
    c.fillText(text, 0, 0);
    c.restore();
  }

  /** A picture of cells, row by row, stretched to a box.
   * @param {Uint8Array} pixels @param {number} columns @param {number} rows
   * @param {number} left @param {number} top @param {number} width @param {number} height */
  picture(pixels, columns, rows, left, top, width, height) {
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(pictureOf(pixels, columns, rows), left, top, width, height);
  }
}

/** @param {Uint8Array} pixels @param {number} columns @param {number} rows @returns {HTMLCanvasElement} */
function pictureOf(pixels, columns, rows) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(new Uint8ClampedArray(pixels), columns, rows);
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
  return canvas;
}

class SvgPen {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    /** @type {string[]} */
    this.parts = [];
  }

  /** @param {string} text @returns {string} */
  static escape(text) {
    const names = /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" });
    return text.replace(/[&<>"]/g, (letter) => names[letter]);
  }

  /** @param {Style} style @returns {string} */
  static look(style) {
    const dash = style.dash && style.dash.length ? ` stroke-dasharray="${style.dash.join(" ")}"` : "";
    const stroke = style.stroke ? ` stroke="${style.stroke}" stroke-width="${style.width || 1}"${dash}` : "";
    return `fill="${style.fill || "none"}"${stroke} opacity="${style.opacity ?? 1}"`;
  }

  /** @param {ArrayLike<number>} points @param {Style} style @param {boolean} [closed] */
  path(points, style, closed) {
    const steps = [];
    for (let k = 0; k + 1 < points.length; k += 2) steps.push(`${points[k].toFixed(1)},${points[k + 1].toFixed(1)}`);
    this.parts.push(`<path d="M${steps.join("L")}${closed ? "Z" : ""}" ${SvgPen.look(style)}/>`);
  }

  /** @param {number} x @param {number} y @param {number} radius @param {Style} style */
  circle(x, y, radius, style) {
    this.parts.push(`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" ${SvgPen.look(style)}/>`);
  }

  /** @param {number} x @param {number} y @param {string} text @param {Word} word */
  text(x, y, text, word) {
    const anchor = { left: "start", center: "middle", right: "end" }[word.align || "center"];
    const turn = word.turned ? ` transform="rotate(-90 ${x.toFixed(1)} ${y.toFixed(1)})"` : "";
    const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" dominant-baseline="central"`;
    const font = `font-size="${word.size || 12}" fill="${word.fill}"${turn}`;
    this.parts.push(`<text ${place} ${font}>${SvgPen.escape(text)}</text>`);
  }

  /** @param {Uint8Array} pixels @param {number} columns @param {number} rows
   * @param {number} left @param {number} top @param {number} width @param {number} height */
  picture(pixels, columns, rows, left, top, width, height) {
    const source = pictureOf(pixels, columns, rows).toDataURL("image/png");
    const place = `x="${left}" y="${top}" width="${width}" height="${height}" preserveAspectRatio="none"`;
    this.parts.push(`<image ${place} style="image-rendering:pixelated" href="${source}"/>`);
  }

  /** @param {string} paper @param {string} title @returns {string} */
  whole(paper, title) {
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${SvgPen.escape(FONT)}">`;
    const sheet = `<title>${SvgPen.escape(title)}</title><rect width="100%" height="100%" fill="${paper}"/>`;
    return `${head}${sheet}${this.parts.join("\n")}</svg>\n`;
  }
}
