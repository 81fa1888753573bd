// A run: what it tells, how it stands and what is on record, put together.

/** @type {Standing | null} */
let standing = null;
/** @type {Told} */
let told = { generations: [], now: null, log: [] };
/** @type {Grown} */
let grown = { why: "" };

/** The last generation that was told or is on record. */
function lastGeneration() {
  return Math.max(standing ? standing.done - 1 : -1, isRunning() && told.now ? Number(told.now.generation) : -1);
}

function isRunning() {
  return standing !== null && standing.status === "running";
}

/** What changes with each generation, and with each second. */
function showNow() {
  if (!standing) return;
  const done = lastGeneration() + 1;
  const bar = /** @type {HTMLProgressElement} */ (element("progress"));
  bar.max = Math.max(1, standing.of);
  bar.value = done;
  element("done").textContent = `${whole(done)} of ${count(standing.of, "generation")}`;
  const status = standing.status + (standing.stopped ? `, stopped by ${standing.stopped}` : "");
  setText("state", `${sign(status)}${isRunning() ? `: generation ${done - 1}` : ""}`);
  const now = isRunning() ? told.now : null;
  const since = isRunning() ? Date.now() / 1000 - standing.heard : 0;
  const left = standing.seconds_left === null ? null : Math.max(0, standing.seconds_left - since);
  const value = (/** @type {string} */ name) => {
    if (now && now[name] !== null && now[name] !== undefined) return number(now[name]);
    return number(grown.bands?.traits[name]?.median.at(-1));
  };
  const label = (/** @type {string} */ name) => grown.traits?.[name]?.label || name.replaceAll("_", " ");
  const hasTask = !grown.traits || "accuracy" in grown.traits;
  define(element("tiles"), [
    ["generation", done ? whole(done - 1) : "none yet"],
    [label("accuracy"), hasTask ? value("accuracy") : ""],
    [label("replication_error"), value("replication_error")],
    [label("copying_error"), value("copying_error")],
    ["died early", now ? `${whole(Number(now.dead))} of ${whole(Number(now.individuals))}` : ""],
    ["time left", left === null ? "" : `${isRunning() ? "about " : ""}${duration(left)}${isRunning() ? "" : " once it goes on"}`],
    ["a generation takes", standing.generation_seconds === null ? "" : duration(standing.generation_seconds)],
    ["individuals a second", now ? number(now.individuals_per_second) : ""],
    ["workers", now ? whole(Number(now.hosts)) : ""],
    ["workers lost", whole(standing.lost)],
    ["spent", standing.core_seconds ? spent(standing.core_seconds) : ""],
  ]);
}

/** @param {string} id @param {string} text */
function setText(id, text) {
  const there = element(id);
  if (there.textContent !== text) there.textContent = text;
}

/** What changes with each commit. */
function showFacts() {
  if (!standing) return;
  const reasons = Object.entries(standing.reasons).map(([why, n]) => `${n} × ${why}`);
  define(element("facts"), [
    ["status", standing.status + (standing.gone ? `: says that it is running, but nobody writes it any more (${standing.gone})` : "")],
    ["births", whole(standing.births)],
    ["selection", grown.scheme || ""],
    ["last commit", ago(standing.updated)],
    ["started", standing.starts ? `${count(standing.starts, "time")}, last ${new Date(standing.started).toLocaleString("en")} on ${standing.host}` : ""],
    ["command", standing.command],
    ["workers lost", standing.lost ? `${standing.lost}, ${duration(standing.seconds_lost)} of work: ${reasons.join(", ")}` : "none"],
    ["wall-clock", standing.seconds ? duration(standing.seconds) : ""],
    ["spent", [standing.core_seconds ? spent(standing.core_seconds) : "", standing.gpu_seconds ? `${number(standing.gpu_seconds / 3600)} GPU-hours` : ""].filter(Boolean).join(", ")],
  ]);
}

function showLog() {
  const made = told.log.map((each) => make("li", `${each.time === null ? "" : new Date(each.time * 1000).toLocaleString("en")}  ${each.what || each.event}`));
  element("log").replaceChildren(...(made.length ? made.reverse() : [make("li", "Nothing that was told.")]));
}

/** Draw all charts again. */
function showCharts() {
  const { traits, bands } = grown;
  const last = lastGeneration();
  if (!traits) return;
  const holder = element("traits");
  const names = Object.keys(traits);
  const figures = figuresIn(holder, names);
  for (const name of names) {
    const figure = figures[name];
    const since = told.generations.filter((each) => Number(each.generation) > (grown.last ?? -1) && Number(each.generation) <= last && typeof each[name] === "number");
    const points = /** @type {[number, number][]} */ (since.map((each) => [Number(each.generation), Number(each[name])]));
    const empty = { q05: [], median: [], q95: [] };
    drawTrait(figure, traits[name], bands?.generation || [], bands?.traits[name] || empty, points, last);
  }
  const has = (/** @type {string} */ id, /** @type {boolean} */ shown, /** @type {string} */ why) => {
    if (!shown) element(id).replaceChildren(make("p", why, { class: "note" }));
    return shown;
  };
  const { plane, price, clades } = grown;
  const alive = Boolean(plane?.points.length);
  if (has("plane", alive, "Nobody of the last generation on record lived to its end.") && plane && bands) drawPlane(element("plane"), plane, traits, bands.traits);
  const changed = Boolean(price && Object.values(price.traits).some((table) => table.generation.length));
  element("price-note").textContent = changed ? "Change of the mean from a generation to the next, over all islands, and the parts that add up to it; of the last 40 to 60 generations on record." : "";
  if (has("price", changed, grown.why || "There is nothing to split yet: it takes two generations after the third.") && price) drawAllPrice(price);
  if (has("clades", Boolean(clades && clades.generation.length > 1), grown.why || "There is one generation on record, and it has no descendants yet.") && clades) {
    element("clades-note").textContent = `${drawClades(element("clades"), clades)}.`;
  } else element("clades-note").textContent = "";
  if (has("islands", Boolean(grown.islands?.length), "No island is on record yet.") && grown.islands) drawIslands(element("islands"), grown.islands, traits);
  showTable(traits);
}

/** A figure for each trait, all there before any is drawn: each is as wide as the others leave it. @param {HTMLElement} holder @param {string[]} names */
function figuresIn(holder, names) {
  const there = [...holder.querySelectorAll("figure")].map((each) => each.dataset.trait);
  if (there.length !== names.length || there.some((name, k) => name !== names[k])) {
    holder.replaceChildren(...names.map((name) => make("figure", "", { "data-trait": name })));
  }
  const made = /** @type {HTMLElement[]} */ ([...holder.querySelectorAll("figure")]);
  return Object.fromEntries(names.map((name, k) => [name, made[k]]));
}

/** @param {Price} price */
function drawAllPrice(price) {
  const holder = element("price");
  const tables = Object.entries(price.traits).filter(([, table]) => table.generation.length);
  const figures = figuresIn(holder, tables.map(([name]) => name));
  for (const [name, table] of tables) {
    const figure = figures[name];
    drawPrice(figure, price.units[name], table, price.labels);
  }
}

/** The last generations as text, the last first. @param {Record<string, Trait>} traits */
function showTable(traits) {
  const bands = grown.bands;
  if (!bands) return;
  const names = Object.keys(bands.traits);
  const rows_ = bands.generation.map((g, k) => [
    String(g),
    ...names.map((name) => {
      const { q05, median, q95 } = bands.traits[name];
      return median[k] === null ? "–" : `${number(median[k])} (${number(q05[k])} to ${number(q95[k])})`;
    }),
  ]);
  fill(element("table"), ["generation", ...names.map((name) => `${traits[name]?.label || name}: median (5 % to 95 %)`)], rows_.reverse().slice(0, 200));
}
