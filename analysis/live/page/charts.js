// Traits with bands, the trade-off plane, Price components, clades and islands, each with what it shows in words.

/**
 * A trait by generation.
 * @param {HTMLElement} holder @param {Trait} trait @param {number[]} generations @param {Band} band
 * @param {[number, number][]} told since the last commit @param {number} last
 */
function drawTrait(holder, trait, generations, band, told, last) {
  const [width, height] = [room(holder), 210];
  const all = [...band.q05, ...band.median, ...band.q95, ...told.map(([, value]) => value)];
  const first = generations.length ? generations[0] : told.length ? told[0][0] : 0;
  const x = time(first, Math.max(last, first), ROOM.left, width - ROOM.right);
  const y = scaled(all, trait.log, height - ROOM.bottom, ROOM.top + 8);
  const value = told.length ? told[told.length - 1][1] : band.median[band.median.length - 1];
  const [low, high] = [band.q05[band.q05.length - 1], band.q95[band.q95.length - 1]];
  const text = `${trait.label}: median ${number(value)} in generation ${last}` + (known([low, high]).length === 2 ? `; 90 % of the last generation on record from ${number(low)} to ${number(high)}` : "");
  const on = board(width, height, text);
  axes(on, x, y, width, height, "generation", "");
  const at = (/** @type {Maybe[]} */ values) => values.map((v, k) => (v === null || (trait.log && v <= 0) ? null : /** @type {[number, number]} */ ([x.at(generations[k]), y.at(v)])));
  const [under, over] = [at(band.q05), at(band.q95)];
  for (const piece of pieces(under, over)) on.append(svg("path", { class: "band", d: piece }));
  on.append(svg("path", { class: "line", d: path(at(band.median)) }));
  const middle = at(band.median);
  if (middle.length === 1 && middle[0]) on.append(svg("path", { class: "dot", d: mark(0, middle[0][0], middle[0][1]) }));
  for (const [g, v] of told) if (!trait.log || v > 0) on.append(svg("path", { class: "dot", d: mark(0, x.at(g), y.at(v)) }));
  const better = { "-1": " (less is better)", 0: "", 1: " (more is better)" }[String(trait.direction)] || "";
  holder.replaceChildren(make("figcaption", `${trait.label}${better}: ${number(value)}`), on);
}

/** Closed areas between two edges. @param {([number, number] | null)[]} under @param {([number, number] | null)[]} over */
function pieces(under, over) {
  const out = /** @type {string[]} */ ([]);
  let run = /** @type {number[]} */ ([]);
  const end = () => {
    if (run.length) {
      const pair = run.length === 1 ? [-1.5, 1.5] : [0];
      const side = (/** @type {([number, number] | null)[]} */ edge) => run.flatMap((k) => {
        const [x, y] = edge[k] || [0, 0];
        return pair.map((dx) => /** @type {[number, number]} */ ([x + dx, y]));
      });
      out.push(path([...side(over), ...side(under).reverse()]) + "Z");
    }
    run = [];
  };
  under.forEach((point, k) => (point && over[k] ? run.push(k) : end()));
  end();
  return out;
}

/**
 * Who lived last on the axes of the two traits that trade, and the path of medians.
 * @param {HTMLElement} holder @param {Plane} plane @param {Record<string, Trait>} traits @param {Record<string, Band>} bands
 */
function drawPlane(holder, plane, traits, bands) {
  const width = Math.min(room(holder), 900);
  const height = Math.min(Math.max(280, width * 0.6), 460);
  const [tx, ty] = [traits[plane.x], traits[plane.y]];
  const medians = bands[plane.x].median.map((v, k) => [v, bands[plane.y].median[k]]);
  const path_ = medians.filter(([a, b]) => a !== null && b !== null);
  const settled = path_.length > 6 ? path_.slice(3) : path_;
  const x = scaled([...plane.points.map((p) => p[0]), ...settled.map((p) => p[0])], tx.log, ROOM.left, width - ROOM.right);
  const y = scaled([...plane.points.map((p) => p[1]), ...settled.map((p) => p[1])], ty.log, height - ROOM.bottom, ROOM.top + 10);
  const now = path_[path_.length - 1];
  const where = now ? `, medians ${number(now[0])} and ${number(now[1])}` : "";
  const on = board(width, height, `${ty.label} against ${tx.label} of ${plane.points.length} of ${plane.of} that lived to the end of generation ${plane.generation}${where}`);
  axes(on, x, y, width, height, tx.label, ty.label);
  for (const [a, b] of plane.points) if ((!tx.log || a > 0) && (!ty.log || b > 0)) on.append(svg("circle", { class: "one", cx: x.at(a).toFixed(1), cy: y.at(b).toFixed(1), r: 2.6 }));
  const trail = /** @type {[number, number][]} */ (settled.map(([a, b]) => [x.at(Number(a)), y.at(Number(b))]));
  on.append(svg("path", { class: "trail", d: path(trail) }));
  const head = trail[trail.length - 1];
  if (head) on.append(svg("path", { class: "head", d: mark(3, head[0], head[1]) }));
  const part = plane.points.length < plane.of ? `${plane.points.length} of ${whole(plane.of)}` : whole(plane.of);
  const words = `Points: ${part} that lived to the end of generation ${plane.generation}. Line: the medians' path up to there (diamond)${settled.length < path_.length ? ", without the first three generations" : ""}.`;
  holder.replaceChildren(on, make("figcaption", words));
}

/** Components of a change by generation. @param {HTMLElement} holder @param {string} unit @param {Record<string, Maybe[]>} table @param {Record<string, string>} labels */
function drawPrice(holder, unit, table, labels) {
  const [width, height] = [room(holder), 230];
  const names = Object.keys(labels).filter((name) => known(table[name]).some((v) => v !== 0));
  const generations = known(table.generation);
  const x = time(generations[0], generations[generations.length - 1], ROOM.left, width - ROOM.right);
  const y = scaled([...names, "change"].flatMap((name) => table[name]), false, height - ROOM.bottom, ROOM.top + 8, true);
  const means = names.map((name) => `${name} ${number(mean(known(table[name])), 2)}`);
  const on = board(width, height, `Change of ${unit} a generation, means of generations ${generations[0]} to ${generations[generations.length - 1]}: ${means.join(", ")}, together ${number(mean(known(table.change)), 2)}`);
  axes(on, x, y, width, height, "generation", "");
  on.append(svg("line", { class: "zero", x1: ROOM.left, x2: width - ROOM.right, y1: y.at(0), y2: y.at(0) }));
  const legend = make("div", "", { class: "legend" });
  [...names, "change"].forEach((name, k) => {
    const kind = name === "change" ? "total" : `group g${k % 7} dash${k % 4}`;
    const points = table[name].map((v, j) => (v === null ? null : /** @type {[number, number]} */ ([x.at(generations[j]), y.at(v)])));
    on.append(svg("path", { class: kind, d: path(points) }));
    if (points.length === 1 && points[0]) on.append(svg("path", { class: `${kind} filled`, d: mark(k, points[0][0], points[0][1]) }));
    const key = svg("svg", { width: 26, height: 10, "aria-hidden": "true" });
    key.append(svg("path", { class: kind, d: "M1,5L25,5" }));
    const entry = make("span", "", { class: "entry" });
    entry.append(key, make("span", name === "change" ? "change, their sum" : labels[name].split(":")[0]));
    legend.append(entry);
  });
  holder.replaceChildren(make("figcaption", `Change of ${unit}`), on, legend);
}

/** @param {number[]} values */
function mean(values) {
  return values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
}

/** Shares of clades, as areas over one another. @param {HTMLElement} holder @param {Clades} clades */
function drawClades(holder, clades) {
  const [width, height] = [room(holder), 260];
  const { generation, shares, ids, lines } = clades;
  const x = time(generation[0], generation[generation.length - 1], ROOM.left, width - ROOM.right);
  const y = scaled([0, 1], false, height - ROOM.bottom, ROOM.top + 8);
  const flat = { ...y, at: (/** @type {number} */ v) => height - ROOM.bottom + v * (ROOM.top + 8 - height + ROOM.bottom), ticks: [0, 0.25, 0.5, 0.75, 1] };
  const last = generation.length - 1;
  const largest = ids.map((id, k) => ({ id, share: shares[k][last] || 0 })).sort((a, b) => b.share - a.share);
  const said = largest.filter((each) => each.share > 0).slice(0, 3).map((each) => `${each.id} ${Math.round(100 * each.share)} %`);
  const text = `Shares of the clades that individuals of generation ${generation[0]} founded. In generation ${generation[last]}, ${count(lines[last], "founder")} of ${whole(lines[0])} have descendants; largest: ${said.join(", ")}`;
  const on = board(width, height, text);
  axes(on, x, flat, width, height, "generation", "");
  const base = generation.map(() => 0);
  const legend = make("div", "", { class: "legend" });
  const areas = [...shares, generation.map((_, g) => Math.max(0, 1 - shares.reduce((sum, each) => sum + (each[g] || 0), 0)))];
  areas.forEach((share, k) => {
    const rest = k === shares.length;
    const under = generation.map((g, j) => /** @type {[number, number]} */ ([x.at(g), flat.at(base[j])]));
    share.forEach((v, j) => (base[j] += v || 0));
    const over = generation.map((g, j) => /** @type {[number, number]} */ ([x.at(g), flat.at(base[j])]));
    for (const piece of pieces(under, over)) on.append(svg("path", { class: rest ? "area rest" : `area a${k % 7}`, d: piece }));
    if (!share.some((v) => v > 0)) return;
    const letter = rest ? "" : "abcdefg"[k];
    const widest = share.indexOf(Math.max(...share));
    const middle = flat.at(base[widest] - share[widest] / 2);
    if (!rest && share[widest] > 0.06) {
      const inside = Math.min(Math.max(x.at(generation[widest]), ROOM.left + 10), width - ROOM.right - 10);
      on.append(svg("text", { class: "letter", x: inside, y: middle + 4, "text-anchor": "middle" }, letter));
    }
    const key = svg("svg", { width: 14, height: 14, "aria-hidden": "true" });
    key.append(svg("path", { class: rest ? "area rest" : `area a${k % 7}`, d: "M0,0h14v14h-14Z" }));
    const entry = make("span", "", { class: "entry" });
    entry.append(key, make("span", rest ? `the rest: ${Math.round(100 * share[last])} %` : `${letter}  ${ids[k]}: ${Math.round(100 * share[last])} %`));
    legend.append(entry);
  });
  holder.replaceChildren(on, legend);
  return text;
}

/** An island a cell, light to dark by a trait; the table says the same. @param {HTMLElement} holder @param {Row[]} islands @param {Record<string, Trait>} traits */
function drawIslands(holder, islands, traits) {
  const name = "accuracy" in traits ? "accuracy" : "replication_error";
  const trait = traits[name];
  const f = (/** @type {Maybe} */ v) => (v === null || v === undefined ? null : trait.log ? Math.log10(Math.max(v, 1e-15)) : v);
  const values = known(islands.map((each) => f(each[name])));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const size = islands.length > 60 ? 14 : 24;
  const columns = Math.max(1, Math.floor((room(holder) - 2) / (size + 2)));
  const rows = Math.ceil(islands.length / columns);
  const span = values.length ? `, ${trait.label} from ${number(trait.log ? 10 ** low : low)} to ${number(trait.log ? 10 ** high : high)}` : "";
  const text = `${count(islands.length, "island")}: medians of their last generation${span}`;
  const width = Math.min(columns, islands.length) * (size + 2);
  const on = board(width, rows * (size + 2), text);
  islands.forEach((each, k) => {
    const value = f(each[name]);
    const step = value === null ? -1 : Math.round(high > low ? (8 * (value - low)) / (high - low) : 4);
    const cell = svg("rect", { class: step < 0 ? "cell none" : `cell s${step}`, x: (k % columns) * (size + 2) + 1, y: Math.floor(k / columns) * (size + 2) + 1, width: size, height: size });
    cell.append(svg("title", {}, `island ${each.island}: ${number(each[name])}`));
    on.append(cell);
  });
  const names = Object.keys(traits).filter((key) => islands.some((each) => each[key] !== undefined));
  const table = make("table");
  fill(table, ["island", "born", "died early", ...names.map((key) => traits[key].label)], islands.map((each) => [each.island, each.size, each.dead, ...names.map((key) => number(each[key]))].map(String)));
  const details = /** @type {HTMLDetailsElement | null} */ (holder.querySelector("details"));
  const folded = make("details");
  if (details?.open) folded.setAttribute("open", "");
  const scroll = make("div", "", { class: "scroll", role: "region", "aria-label": "Islands", tabindex: "0" });
  scroll.append(table);
  folded.append(make("summary", "Islands as a table"), scroll);
  holder.replaceChildren(make("p", `${text}. ${values.length ? (low === high ? "All are alike." : "Light is least, dark is most.") : ""}`, { class: "note" }), on, folded);
}

/** @param {HTMLElement} table @param {string[]} head @param {string[][]} rows */
function fill(table, head, rows) {
  const top = make("thead");
  const line = make("tr");
  line.append(...head.map((word) => make("th", word, { scope: "col" })));
  top.append(line);
  const body = make("tbody");
  for (const row of rows) {
    const made = make("tr");
    made.append(...row.map((word, k) => (k ? make("td", word) : make("th", word, { scope: "row" }))));
    body.append(made);
  }
  table.replaceChildren(top, body);
}
