// Who descends from whom. Rows are births, by generation, and within one in the order of the ladder: children of one
// parent follow each other, so that the descendants of anybody are one run of rows in each generation.

const NOBODY = -1;
const PLACES = (1 << 20) - 1;
const GENERATION_BITS = 20n;
const SLOT_BITS = 20n;

/** The first k in [from, to) with values[k] >= wanted, or `to`. Values rise.
 * @param {ArrayLike<number>} values @param {number} wanted @param {number} from @param {number} to */
function lowerBound(values, wanted, from, to) {
  while (from < to) {
    const middle = (from + to) >> 1;
    if (values[middle] < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

class Tree {
  /**
   * @param {Head} head
   * @param {{counts: Codes, parent: Codes, place: Codes, island: Codes, born: Codes, slot: Codes}} columns
   */
  constructor(head, columns) {
    this.head = head;
    this.size = head.births;
    this.first = head.first;
    this.last = head.first + columns.counts.length - 1;
    this.starts = new Int32Array(columns.counts.length + 1);
    for (let k = 0; k < columns.counts.length; k++) this.starts[k + 1] = this.starts[k] + columns.counts[k];
    this.parent = new Int32Array(this.size).fill(NOBODY);
    for (let layer = 1; layer < columns.counts.length; layer++) {
      const above = this.starts[layer - 1];
      for (let row = this.starts[layer]; row < this.starts[layer + 1]; row++) {
        this.parent[row] = above + columns.parent[row];
      }
    }
    this.island = columns.island;
    this.born = columns.born;
    this.slot = columns.slot;
    const y = new Float32Array(this.size);
    for (let row = 0; row < this.size; row++) y[row] = columns.place[row] / PLACES;
    /** @type {Layout} */
    this.ladder = { y, order: null };
    /** @type {Layout | null} */
    this.lanes = null;
    this.lasting = this.ancestorsOfLast();
  }

  /** Who is of the last generation or an ancestor of one who is. @returns {Uint8Array} */
  ancestorsOfLast() {
    const lasting = new Uint8Array(this.size);
    lasting.fill(1, this.starts[this.starts.length - 2]);
    for (let row = this.size - 1; row >= this.starts[1]; row--) {
      if (lasting[row]) lasting[this.parent[row]] = 1;
    }
    return lasting;
  }

  /** @param {number} row @returns {number} */
  generation(row) {
    return this.first + lowerBound(this.starts, row + 1, 0, this.starts.length) - 1;
  }

  /** Rows [from, to) of a generation. @param {number} generation @returns {[number, number]} */
  rows(generation) {
    const layer = generation - this.first;
    return [this.starts[layer], this.starts[layer + 1]];
  }

  /** Rows from the root to one. @param {number} row @returns {Int32Array} */
  path(row) {
    const out = new Int32Array(this.generation(row) - this.first + 1);
    for (let k = out.length - 1; k >= 0; k--) {
      out[k] = row;
      row = this.parent[row];
    }
    return out;
  }

  /** Rows [from, to) of the descendants in each generation, oneself first, until there are none.
   * @param {number} row @returns {[number, number][]} */
  descendants(row) {
    /** @type {[number, number][]} */
    const out = [];
    let [from, to] = [row, row + 1];
    for (let layer = this.generation(row) - this.first; from < to; layer++) {
      out.push([from, to]);
      if (layer + 2 >= this.starts.length) break;
      const [begin, end] = [this.starts[layer + 1], this.starts[layer + 2]];
      from = lowerBound(this.parent, from, begin, end);
      to = lowerBound(this.parent, to, from, end);
    }
    return out;
  }

  /** @param {number} row @returns {string} */
  id(row) {
    const generation = BigInt(this.generation(row));
    const island = BigInt(this.born[row]);
    return String((((island << GENERATION_BITS) | generation) << SLOT_BITS) | BigInt(this.slot[row]));
  }

  /** The row of an id, or NOBODY. @param {string} text @returns {number} */
  find(text) {
    if (!/^\d{1,19}$/.test(text)) return NOBODY;
    const id = BigInt(text);
    const slot = Number(id & ((1n << SLOT_BITS) - 1n));
    const generation = Number((id >> SLOT_BITS) & ((1n << GENERATION_BITS) - 1n));
    const island = Number(id >> (GENERATION_BITS + SLOT_BITS));
    if (generation < this.first || generation > this.last) return NOBODY;
    const [from, to] = this.rows(generation);
    for (let row = from; row < to; row++) if (this.slot[row] === slot && this.born[row] === island) return row;
    return NOBODY;
  }

  /** For everybody the row of the ancestor in a generation; NOBODY for those who lived before it.
   * @param {number} generation @returns {Int32Array} */
  ancestorsIn(generation) {
    const out = new Int32Array(this.size).fill(NOBODY);
    const [from, to] = this.rows(generation);
    for (let row = from; row < to; row++) out[row] = row;
    for (let row = to; row < this.size; row++) out[row] = out[this.parent[row]];
    return out;
  }

  /** The drawing with a lane an island, in each the order of the ladder. @returns {Layout} */
  byIsland() {
    if (this.lanes) return this.lanes;
    const islands = this.head.islands;
    const y = new Float32Array(this.size);
    const order = new Int32Array(this.size);
    const next = new Int32Array(islands + 1);
    for (let layer = 0; layer + 1 < this.starts.length; layer++) {
      const [from, to] = [this.starts[layer], this.starts[layer + 1]];
      next.fill(0);
      for (let row = from; row < to; row++) next[this.island[row] + 1]++;
      for (let k = 1; k <= islands; k++) next[k] += next[k - 1];
      const begin = next.slice();
      for (let row = from; row < to; row++) {
        const lane = this.island[row];
        const share = (next[lane] - begin[lane] + 0.5) / (begin[lane + 1] - begin[lane]);
        order[from + next[lane]++] = row;
        y[row] = (lane + 0.04 + 0.92 * share) / islands;
      }
    }
    this.lanes = { y, order };
    return this.lanes;
  }
}
