// Columns from the text that `analysis.viewer.packing` wrote: base64 of deflated bytes, plane by plane.

/** @param {string} text @returns {Uint8Array} */
function fromBase64(text) {
  const quick = /** @type {{fromBase64?: (text: string) => Uint8Array}} */ (/** @type {unknown} */ (Uint8Array));
  if (quick.fromBase64) return quick.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = letters.charCodeAt(k);
  return bytes;
}

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array>} */
async function inflate(bytes) {
  const stream = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Values of a column from its planes: all lowest bytes, all second ones, and so on.
 * @param {Uint8Array} planes @param {Packed} packed @returns {Codes}
 */
function fromPlanes(planes, packed) {
  const { size, bytes, delta } = packed;
  if (bytes === 1 && !delta) return planes;
  const out = bytes === 2 && !delta ? new Uint16Array(size) : new Uint32Array(size);
  for (let plane = 0; plane < bytes; plane++) {
    const from = plane * size;
    const shift = 8 * plane;
    for (let k = 0; k < size; k++) out[k] |= planes[from + k] << shift;
  }
  if (!delta) return out;
  let last = 0;
  for (let k = 0; k < size; k++) {
    last += (out[k] >>> 1) ^ -(out[k] & 1);
    out[k] = last;
  }
  return out;
}

/** Columns of one run, each decoded when it is first asked for. */
class Store {
  /** @param {number} number @param {Head} head */
  constructor(number, head) {
    this.number = number;
    this.head = head;
    /** @type {Map<string, Promise<Codes>>} */
    this.asked = new Map();
  }

  /** @param {string} name @returns {boolean} */
  has(name) {
    return name in this.head.blocks;
  }

  /** @param {string} name @returns {Promise<Codes>} */
  column(name) {
    let found = this.asked.get(name);
    if (!found) {
      found = this.decode(name);
      this.asked.set(name, found);
    }
    return found;
  }

  /** @param {string} name @returns {Promise<Codes>} */
  async decode(name) {
    const element = document.getElementById(`${this.number}:${name}`);
    if (!element) throw new Error(`the page lacks the column ${name}`);
    const bytes = fromBase64((element.textContent || "").trim());
    element.remove();
    return fromPlanes(await inflate(bytes), this.head.blocks[name]);
  }
}
