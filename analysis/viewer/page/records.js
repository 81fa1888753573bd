// An individual, a path and a run as text: what one reads, or has read aloud, in place of the drawing.

const MOST_LINES = 200;

/** @param {string} tag @param {string} [text] @param {Record<string, string>} [given] @returns {HTMLElement} */
function element(tag, text = "", given = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  return made;
}

/** @param {number} count @returns {string} */
function whole(count) {
  return count.toLocaleString("en");
}

/** @param {number} count @param {string} noun @returns {string} */
function counted(count, noun) {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Names and values of one. @param {Tree} tree @param {number} row @param {Column[]} traits
 * @param {Record<string, Codes>} more @param {[number, number][]} kin @returns {[string, string][]} */
function facts(tree, row, traits, more, kin) {
  const parent = tree.parent[row];
  const many = kin.reduce((sum, [from, to]) => sum + to - from, 0) - 1;
  /** @type {[string, string][]} */
  const out = [
    ["id", tree.id(row)],
    ["ancestor", parent === NOBODY ? (tree.first ? "not on record" : "none: a founder") : tree.id(parent)],
    ["generation", whole(tree.generation(row))],
    ["lives on island", String(tree.island[row])],
  ];
  if (tree.born[row] !== tree.island[row]) out.push(["conceived on island", String(tree.born[row])]);
  if (more.second && more.second[row]) {
    const [above] = tree.rows(tree.generation(row) - 1);
    out.push(["second ancestor", tree.id(above + more.second[row] - 1)]);
  }
  if (more.age) out.push(["age", String(more.age[row])]);
  out.push(["offspring", whole(more.offspring[row])], ["descendants on record", whole(many)]);
  if (many) out.push(["the last of them in generation", whole(tree.generation(row) + kin.length - 1)]);
  out.push(["cause of death", tree.head.causes[more.cause[row]]]);
  for (const { trait, codes } of traits) out.push([trait.label, said(valueOf(trait, codes[row]))]);
  return out;
}

/** @param {HTMLElement} list a dl @param {[string, string][]} rows */
function fillList(list, rows) {
  list.replaceChildren(
    ...rows.map(([name, value]) => {
      const row = document.createElement("div");
      row.append(element("dt", name), element("dd", value));
      return row;
    }),
  );
}

/** @param {HTMLElement} table @param {string[]} head @param {string[][]} rows */
function fillTable(table, head, rows) {
  const top = document.createElement("tr");
  top.append(...head.map((text) => element("th", text, { scope: "col" })));
  const lines = rows.map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map((text, k) => (k ? element("td", text) : element("th", text, { scope: "row" }))));
    return line;
  });
  const [thead, tbody] = [document.createElement("thead"), document.createElement("tbody")];
  thead.append(top);
  tbody.append(...lines);
  table.replaceChildren(thead, tbody);
}

/** Rows of the table of a path: all, or so many evenly from the root to the one picked.
 * @param {Tree} tree @param {Int32Array} path @param {Column[]} traits @returns {string[][]} */
function pathRows(tree, path, traits) {
  const every = Math.ceil(path.length / MOST_LINES) || 1;
  const out = [];
  for (let k = path.length - 1; k >= 0; k -= every) {
    const row = path[k];
    const values = traits.map(({ trait, codes }) => said(valueOf(trait, codes[row])));
    out.push([tree.id(row), whole(tree.first + k), String(tree.island[row]), ...values]);
  }
  return out;
}

/** Rows of the table of generations: births, and medians of traits.
 * @param {Tree} tree @param {{trait: Trait, bands: Codes}[]} traits @returns {string[][]} */
function generationRows(tree, traits) {
  const count = tree.last - tree.first + 1;
  const every = Math.ceil(count / MOST_LINES);
  const out = [];
  for (let k = 0; k < count; k += every) {
    const medians = traits.map(({ trait, bands }) => {
      const [low, high] = trait.bands;
      return said(valueOf({ ...trait, low, high }, bands[count + k]));
    });
    out.push([whole(tree.first + k), whole(tree.starts[k + 1] - tree.starts[k]), ...medians]);
  }
  return out;
}

/** What is in view, in a sentence. @param {Tree} tree @param {View} view @param {Scene} scene @returns {string} */
function inWords(tree, view, scene) {
  const [g0, g1] = generationsIn(tree, view);
  const where = g0 === g1 ? `Generation ${whole(g0)}` : `Generations ${whole(g0)} to ${whole(g1)}`;
  const of = scene.inView === tree.size ? `all ${whole(tree.size)}` : `${whole(scene.inView)} of ${whole(tree.size)}`;
  const births = `${of} births in view`;
  if (!scene.cells) return `${where}: ${births}, each drawn, with a line from its parent.`;
  const cells = `counted in cells of ${CELL} pixels, the more opaque the more births (${whole(scene.cells.most)} at most)`;
  const lines = `${whole(scene.lines.length / 4)} lines: lineages that last, of which one in ${BRANCH} pixels is drawn with all its ancestors`;
  return `${where}: ${births}, ${cells}; ${lines}. Zoom in for single births.`;
}
