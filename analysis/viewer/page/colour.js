// A colour for everybody: places on a scale, or groups; never more groups than there are colours that differ.

const CODES = 65534;
const NONE = "#8c8c8c";
const CHOSEN = "#d55e00";

/** @param {string} hex @returns {[number, number, number]} */
function rgb(hex) {
  return [parseInt(hex.slice(1, 3), 16), parseInt(hex.slice(3, 5), 16), parseInt(hex.slice(5, 7), 16)];
}

/** 256 × 3 bytes: shade 0 is no value, 1 to 255 go along the stops. @param {string[]} stops @returns {Uint8Array} */
function ramp(stops) {
  const table = new Uint8Array(768);
  table.set(rgb(NONE));
  const colours = stops.map(rgb);
  for (let shade = 1; shade < 256; shade++) {
    const at = ((shade - 1) / 254) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    for (let c = 0; c < 3; c++) {
      table[3 * shade + c] = Math.round(colours[low][c] + (at - low) * (colours[low + 1][c] - colours[low][c]));
    }
  }
  return table;
}

/** 256 × 3 bytes: shade 0 is nobody's group, k is the k-th. @param {string[]} groups @returns {Uint8Array} */
function groupTable(groups) {
  const table = new Uint8Array(768);
  for (let shade = 0; shade < 256; shade++) table.set(rgb(groups[shade - 1] || NONE), 3 * shade);
  return table;
}

/** A value in its own unit. @param {Trait} trait @param {number} code @returns {number} */
function valueOf(trait, code) {
  if (!code) return NaN;
  const along = trait.low + ((code - 1) / CODES) * (trait.high - trait.low);
  return trait.log ? 10 ** along : along;
}

/** Where a code lies along the trait's axis. @param {Trait} trait @param {number} code */
function alongAxis(trait, code) {
  return code ? trait.low + ((code - 1) / CODES) * (trait.high - trait.low) : NaN;
}

/** @param {number} value @returns {string} */
function said(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = size && (size < 0.001 || size >= 1e6) ? Number(value.toPrecision(3)).toExponential().replace("+", "") : String(Number(value.toPrecision(4)));
  return text.replaceAll("-", "−");
}

/** @param {Trait} trait @param {Codes} codes @param {string[]} stops @returns {Colouring} */
function byTrait(trait, codes, stops) {
  const shade = new Uint8Array(codes.length);
  const width = trait.high - trait.low || 1;
  const from = 1 + ((trait.from - trait.low) / width) * CODES;
  const scale = 254 / Math.max(((trait.to - trait.from) / width) * CODES, 1);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row];
    if (code) shade[row] = 1 + Math.min(Math.max((code - from) * scale, 0), 254);
  }
  const ends = /** @type {[string, string]} */ (
    [trait.from, trait.to].map((along) => said(trait.log ? 10 ** along : along))
  );
  return { shade, table: ramp(stops), grouped: false, legend: { title: trait.label, ends, entries: [] } };
}

/** Colours of islands: groups if they are few, places on the scale else.
 * @param {string} title @param {Codes} islands @param {number} count @param {Palette} palette @param {string[]} stops
 * @returns {Colouring} */
function byIslands(title, islands, count, palette, stops) {
  const grouped = count <= palette.groups.length;
  const shade = new Uint8Array(islands.length);
  for (let row = 0; row < shade.length; row++) {
    shade[row] = 1 + (grouped ? islands[row] : Math.round((islands[row] / (count - 1)) * 254));
  }
  const table = grouped ? groupTable(palette.groups) : ramp(stops);
  /** @type {[string, string][]} */
  const entries = grouped ? palette.groups.slice(0, count).map((colour, k) => [colour, String(k)]) : [];
  const ends = /** @type {[string, string] | null} */ (grouped ? null : ["0", String(count - 1)]);
  return { shade, table, grouped, legend: { title, ends, entries } };
}

/** Colours of clades: the largest of those that everybody of one generation founds.
 * @param {Tree} tree @param {number} generation @param {Palette} palette @returns {Colouring} */
function byClade(tree, generation, palette) {
  const founder = tree.ancestorsIn(generation);
  const [from, to] = tree.rows(generation);
  const size = new Int32Array(to - from);
  for (let row = from; row < tree.size; row++) if (founder[row] !== NOBODY) size[founder[row] - from]++;
  const largest = [...size.keys()].sort((a, b) => size[b] - size[a]).slice(0, palette.groups.length);
  const number = new Uint8Array(to - from);
  largest.forEach((clade, k) => (number[clade] = k + 1));
  const shade = new Uint8Array(tree.size);
  for (let row = from; row < tree.size; row++) if (founder[row] !== NOBODY) shade[row] = number[founder[row] - from];
  /** @type {[string, string][]} */
  const entries = largest.map((clade, k) => [
    palette.groups[k],
    `${tree.id(from + clade)}: ${size[clade].toLocaleString("en")}`,
  ]);
  const rest = size.length - largest.length;
  if (rest > 0) entries.push([NONE, `${rest.toLocaleString("en")} smaller, and who lived before`]);
  const title = `clades by ancestor in generation ${generation}, and births in each`;
  return { shade, table: groupTable(palette.groups), grouped: true, legend: { title, ends: null, entries } };
}

/** Colours by kinship with one: itself, ancestors, descendants.
 * @param {Tree} tree @param {number} chosen @param {Palette} palette @returns {Colouring} */
function byKin(tree, chosen, palette) {
  const shade = new Uint8Array(tree.size);
  if (chosen !== NOBODY) {
    for (const [from, to] of tree.descendants(chosen)) shade.fill(2, from, to);
    for (const row of tree.path(chosen)) shade[row] = 1;
    shade[chosen] = 3;
  }
  const colours = [palette.groups[1], palette.groups[0], CHOSEN];
  const names = ["ancestors", "descendants", "itself"];
  /** @type {[string, string][]} */
  const entries = names.map((name, k) => [colours[k], name]);
  entries.push([NONE, "others"]);
  const title = chosen === NOBODY ? "kin of the one picked: pick one" : `kin of ${tree.id(chosen)}`;
  return { shade, table: groupTable(colours), grouped: true, legend: { title, ends: null, entries } };
}
