// What two runs beside each other have in common: a fork has its original's newborns, and lives on its own from there.

/** Generations from `first` on are the same birth by birth, so many of them; `newborns` are in the one after them, with
 * the same ids and ancestors though their lives differ, or 0. @typedef {{first: number, same: number, newborns: number}} Common */

/** @param {Tree} a @param {Tree} b @returns {Common} */
function commonOf(a, b) {
  const first = Math.max(a.first, b.first);
  const last = Math.min(a.last, b.last);
  const mark = (/** @type {Tree} */ { head, first }, /** @type {"born" | "lived"} */ kind, /** @type {number} */ g) =>
    head.marks?.[kind][g - first];
  const equal = (/** @type {"born" | "lived"} */ kind, /** @type {number} */ g) =>
    g <= last && mark(a, kind, g) !== undefined && mark(a, kind, g) === mark(b, kind, g);
  let next = first;
  while (equal("lived", next)) next++;
  // Founders have no ancestors that could tell whether they are the same.
  const [from, to] = next > 0 && equal("born", next) ? a.rows(next) : [0, 0];
  return { first, same: next - first, newborns: to - from };
}

/** The last generation whose newborns both have, or null. @param {Common} common @returns {number | null} */
function partingOf({ first, same, newborns }) {
  return newborns ? first + same : same ? first + same - 1 : null;
}

/** @param {Common} common @param {Tree[]} trees @returns {string} */
function commonInWords({ first, same, newborns }, trees) {
  const [a, b] = trees;
  if (!same && !newborns) return "These runs have no birth in common: an id is somebody else in each.";
  const out = [];
  const until = whole(first + same - 1);
  if (same) {
    const where = same === 1 ? `Generation ${until} is` : `Generations ${whole(first)} to ${until} are`;
    out.push(`${where} the same in both, birth by birth.`);
  }
  const next = whole(first + same);
  if (newborns) {
    const they = `The ${counted(newborns, "newborn")} of generation ${next} are the same, with the same ids and ancestors`;
    out.push(`${they}; their lives differ, and from there on an id is somebody else in each.`);
  } else if (first + same <= Math.min(a.last, b.last)) {
    out.push(`From generation ${next} on an id is somebody else in each.`);
  }
  const earlier = a.first < b.first ? a : b.first < a.first ? b : null;
  if (earlier) out.push(`Who was born before generation ${whole(first)} is on record in ${earlier.head.name} alone.`);
  out.push("Somebody picked in one is shown in the other as the last ancestor that both have.");
  return out.join(" ");
}

/** Who of another tree is the same, or is the last ancestor that both have.
 * @param {Common | null} common @param {Tree} tree @param {number} row @param {Tree} other @returns {number} row, or NOBODY */
function counterpart(common, tree, row, other) {
  const parting = common ? partingOf(common) : null;
  if (row === NOBODY || parting === null) return NOBODY;
  const path = tree.path(row);
  return other.find(tree.id(path[Math.min(path.length - 1, parting - tree.first)]));
}

/** For each trait between which values its colours change, in all runs shown.
 * @param {Head[]} heads @returns {Map<string, [number, number]>} */
function scalesOf(heads) {
  /** @type {Map<string, [number, number]>} */
  const out = new Map();
  for (const { name, from, to } of heads.flatMap((head) => head.traits)) {
    const [low, high] = out.get(name) ?? [from, to];
    out.set(name, [Math.min(low, from), Math.max(high, to)]);
  }
  return out;
}

/** Let all drawings have one axis of time, and say where they part. @param {Pane[]} panes @param {number | null} parting */
function alignTimes(panes, parting) {
  const trees = panes.map((pane) => pane.grown());
  const [first, last] = [Math.min(...trees.map((tree) => tree.first)), Math.max(...trees.map((tree) => tree.last))];
  for (const { lineage } of panes) {
    if (!lineage) continue;
    lineage.span = [first, last];
    lineage.parting = parting;
    lineage.lookAt(lineage.whole());
  }
}
