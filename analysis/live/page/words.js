// Numbers, times and names as text.

/** @param {Maybe | undefined} value @param {number} [digits] */
function number(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(digits - 1).replaceAll("-", "−");
  return value.toLocaleString("en", { maximumSignificantDigits: Math.max(digits, Math.ceil(Math.log10(size + 1))) }).replace("-", "−");
}

/** @param {number} value */
function whole(value) {
  return Math.round(value).toLocaleString("en");
}

/** @param {number} n @param {string} noun */
function count(n, noun) {
  return `${whole(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  const minutes = Math.round(seconds / 60);
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min` : `${Math.round(minutes / 1440)} days`;
}

/** @param {string} moment ISO 8601 */
function ago(moment) {
  const since = (Date.now() - Date.parse(moment)) / 1000;
  return Number.isFinite(since) ? `${duration(Math.max(0, since))} ago` : "";
}

/** @param {number} seconds of cores */
function spent(seconds) {
  const hours = seconds / 3600;
  return hours < 0.1 ? `${number(seconds / 60)} core-minutes` : `${number(hours)} core-hours`;
}

/** @template {HTMLElement} T @param {string} id @returns {T} */
function element(id) {
  return /** @type {T} */ (document.getElementById(id));
}

/** @param {string} tag @param {string} [text] @param {Record<string, string>} [attributes] */
function make(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Terms and what they are, in a list of definitions. @param {HTMLElement} list @param {[string, string][]} rows */
function define(list, rows) {
  const made = rows.filter(([, value]) => value !== "").map(([term, value]) => {
    const row = make("div");
    row.append(make("dt", term), make("dd", value));
    return row;
  });
  list.replaceChildren(...made);
}

/** @param {string} status */
function sign(status) {
  const signs = { running: "▶", finished: "✓", extinct: "✝", interrupted: "⏸", failed: "✗", abandoned: "?", damaged: "!" };
  return `${signs[/** @type {keyof typeof signs} */ (status)] || "·"} ${status}`;
}
