// WebGL 2: a picture of cells, lines and round points, in that order.

const VERTEX = `#version 300 es
in vec2 place; in vec4 colour; in vec2 spot;
uniform vec2 room; uniform float size;
out vec4 tint; out vec2 where;
void main() {
  gl_Position = vec4(place.x / room.x * 2.0 - 1.0, 1.0 - place.y / room.y * 2.0, 0.0, 1.0);
  gl_PointSize = size; tint = colour; where = spot;
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 tint; in vec2 where;
uniform int kind; uniform sampler2D cells;
out vec4 colour;
void main() {
  if (kind == 0) colour = texture(cells, where);
  else colour = tint;
  if (kind == 2) {
    float far = length(gl_PointCoord - 0.5);
    if (far > 0.5) discard;
  }
  colour.rgb *= colour.a;
}`;

class Painter {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: false, depth: false, preserveDrawingBuffer: true });
    if (!gl) throw new Error("this browser has no WebGL 2, which the drawing needs");
    this.canvas = canvas;
    this.gl = gl;
    this.lost = false;
    this.start();
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.lost = true;
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.lost = false;
      this.start();
    });
  }

  start() {
    const gl = this.gl;
    this.program = /** @type {WebGLProgram} */ (gl.createProgram());
    for (const [kind, text] of /** @type {[number, string][]} */ ([
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ])) {
      const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
    }
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS)) {
      throw new Error(gl.getProgramInfoLog(this.program) || "the shaders do not link");
    }
    gl.useProgram(this.program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.places = gl.createBuffer();
    this.tints = gl.createBuffer();
    this.spots = gl.createBuffer();
    this.texture = gl.createTexture();
  }

  /** @param {string} name @returns {WebGLUniformLocation | null} */
  uniform(name) {
    return this.gl.getUniformLocation(/** @type {WebGLProgram} */ (this.program), name);
  }

  /** @param {string} name @param {WebGLBuffer | null | undefined} buffer @param {Float32Array | Uint8Array} data @param {number} width */
  attribute(name, buffer, data, width) {
    const gl = this.gl;
    const at = gl.getAttribLocation(/** @type {WebGLProgram} */ (this.program), name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer || null);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STREAM_DRAW);
    gl.enableVertexAttribArray(at);
    const bytes = data instanceof Uint8Array;
    gl.vertexAttribPointer(at, width, bytes ? gl.UNSIGNED_BYTE : gl.FLOAT, bytes, 0, 0);
  }

  /** @param {string} name @param {number[]} values */
  constant(name, values) {
    const gl = this.gl;
    const at = gl.getAttribLocation(/** @type {WebGLProgram} */ (this.program), name);
    gl.disableVertexAttribArray(at);
    gl.vertexAttrib4f(at, values[0], values[1], values[2] || 0, values[3] || 0);
  }

  /** @param {Scene} scene @param {Look} look @param {number} width @param {number} height @param {number} ratio */
  draw(scene, look, width, height, ratio) {
    const gl = this.gl;
    if (this.lost) return;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    gl.viewport(0, 0, wide, high);
    const paper = rgb(look.paper).map((part) => part / 255);
    gl.clearColor(paper[0], paper[1], paper[2], 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(this.uniform("room"), width, height);
    if (scene.cells) this.drawCells(scene);
    if (scene.lines.length) {
      const ink = rgb(look.ink).map((part) => part / 255);
      gl.uniform1i(this.uniform("kind"), 1);
      this.attribute("place", this.places, scene.lines, 2);
      this.constant("colour", [...ink, scene.cells ? 0.5 : 0.28]);
      this.constant("spot", [0, 0]);
      gl.drawArrays(gl.LINES, 0, scene.lines.length / 2);
    }
    if (scene.points.length) {
      gl.uniform1i(this.uniform("kind"), 2);
      gl.uniform1f(this.uniform("size"), scene.size * ratio);
      this.attribute("place", this.places, scene.points, 2);
      this.attribute("colour", this.tints, scene.colours, 4);
      this.constant("spot", [0, 0]);
      gl.drawArrays(gl.POINTS, 0, scene.points.length / 2);
    }
  }

  /** @param {Scene} scene */
  drawCells(scene) {
    const gl = this.gl;
    const cells = /** @type {Cells} */ (scene.cells);
    const [left, top, right, bottom] = scene.box;
    gl.bindTexture(gl.TEXTURE_2D, this.texture || null);
    for (const [what, value] of [
      [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
      [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
    ]) {
      gl.texParameteri(gl.TEXTURE_2D, what, value);
    }
    gl.texImage2D(
      gl.TEXTURE_2D, 0, gl.RGBA, cells.columns, cells.rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, scene.pixels,
    );
    gl.uniform1i(this.uniform("kind"), 0);
    gl.uniform1i(this.uniform("cells"), 0);
    this.attribute("place", this.places, new Float32Array([left, top, right, top, left, bottom, right, bottom]), 2);
    this.attribute("spot", this.spots, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), 2);
    this.constant("colour", [0, 0, 0, 0]);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Wait until all is drawn. */
  finish() {
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  }
}
