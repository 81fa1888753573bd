// What lies in a folder, or in a sweep: a row each, kept where it is while its numbers change.

/** @type {Entry[]} */
let entries = [];
/** @type {Map<string, {row: HTMLElement, text: string}>} */
const rows = new Map();
const HEAD = ["name", "status", "how far", "", "births", "islands × size", "last commit", "selection"];

/** @param {Entry[]} news */
function list(news) {
  entries = news;
  const which = /** @type {HTMLSelectElement} */ (element("which"));
  const there = [...new Set(entries.map((each) => each.status))].sort();
  for (const status of there) if (![...which.options].some((each) => each.value === status)) which.append(make("option", status, { value: status }));
  listAgain();
}

/** Show those that are wanted. */
function listAgain() {
  const table = /** @type {HTMLTableElement} */ (element("entries"));
  if (!table.tHead) {
    const head = make("thead");
    const line = make("tr");
    line.append(...HEAD.map((word) => (word ? make("th", word, { scope: "col", class: word }) : make("td"))));
    head.append(line);
    table.replaceChildren(head, make("tbody"));
  }
  const holds = /** @type {HTMLInputElement} */ (element("holds")).value.toLowerCase();
  const status = /** @type {HTMLSelectElement} */ (element("which")).value;
  const shown = entries.filter((each) => each.name.toLowerCase().includes(holds) && (!status || each.status === status));
  const body = /** @type {HTMLElement} */ (table.querySelector("tbody"));
  for (const [name, each] of rows) if (!shown.some((entry) => entry.name === name)) {
    each.row.remove();
    rows.delete(name);
  }
  shown.forEach((each, k) => {
    const row = rowOf(each);
    if (body.children[k] !== row) body.insertBefore(row, body.children[k] || null);
  });
  const running = entries.filter((each) => each.status === "running").length;
  element("shown").textContent = entries.length ? `${shown.length} of ${entries.length} shown, ${running} running` : "nothing here yet";
}

/** @param {Entry} entry */
function rowOf(entry) {
  const text = JSON.stringify(entry);
  const before = rows.get(entry.name);
  if (before && before.text === text) return before.row;
  const row = before ? before.row : make("tr");
  row.className = entry.status;
  const of = entry.of === null ? "" : ` of ${whole(entry.of)}`;
  const unit = { run: "", sweep: " runs", paper: " parts" }[entry.kind] || "";
  const bar = make("td");
  if (entry.of) bar.append(make("progress", "", { max: String(entry.of), value: String(entry.done), "aria-label": `${entry.name}: ${entry.done} of ${entry.of}` }));
  const name = make("th", "", { scope: "row" });
  const label = entry.name === "." ? "this folder" : entry.name;
  if (entry.kind === "paper") name.append(label);
  else name.append(make("a", label, { href: `/${entry.kind}?name=${encodeURIComponent(entry.name)}` }));
  if (entry.kind !== "run") name.append(make("span", ` ${entry.kind}`, { class: "note" }));
  row.replaceChildren(
    name,
    make("td", sign(entry.status), { class: "status" }),
    make("td", entry.status === "damaged" ? "" : `${whole(entry.done)}${of}${unit}`),
    bar,
    make("td", entry.births === null ? "" : whole(entry.births)),
    make("td", entry.islands === null ? "" : `${whole(entry.islands)} × ${whole(entry.size || 0)}`),
    make("td", ago(entry.updated), { "data-since": entry.updated }),
    make("td", entry.problem || entry.scheme),
  );
  rows.set(entry.name, { row, text });
  return row;
}

/** @param {Sweep} sweep */
function showSweep(sweep) {
  const bar = /** @type {HTMLProgressElement} */ (element("progress"));
  bar.max = Math.max(1, sweep.runs);
  bar.value = sweep.done;
  element("done").textContent = `${sweep.done} of ${count(sweep.runs, "run")} done`;
  element("state").textContent = sign(sweep.status);
  const states = Object.entries(sweep.statuses).filter(([, n]) => n).map(([status, n]) => `${n} ${status}`);
  define(element("facts"), [
    ["status", sweep.status],
    ["runs", states.join(", ")],
    ["assays", sweep.assays ? `${sweep.assayed} of ${sweep.assays} done` : ""],
    ["time left", sweep.seconds_left === null ? "" : `about ${duration(sweep.seconds_left)}`],
    ["spent", sweep.core_seconds ? spent(sweep.core_seconds) : ""],
    .../** @type {[string, string][]} */ (Object.entries(sweep.failed).map(([name, why]) => [`failed: ${name}`, why])),
  ]);
}
