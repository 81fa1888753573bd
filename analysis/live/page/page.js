// The stream, pausing, and which page this is.

const about = /** @type {About} */ (JSON.parse(element("about").textContent || "{}"));
let paused = false;
let heard = 0;
/** What came while the page was paused. @type {Record<string, string>} */
const waiting = {};

/** @param {string} name @param {string} text */
function take(name, text) {
  heard = Date.now();
  if (paused && name !== "wrong") {
    waiting[name] = text;
    return;
  }
  const data = JSON.parse(text);
  if (name === "wrong") {
    element("trouble").hidden = !data;
    setText("trouble", data);
  } else if (name === "entries") list(data);
  else if (name === "sweep") showSweep(data);
  else if (name === "standing") {
    standing = { ...data, heard: Date.now() / 1000 };
    showNow();
    showFacts();
  } else if (name === "told") {
    told = data;
    showNow();
    showLog();
    showCharts();
  } else if (name === "record") {
    grown = data;
    showNow();
    showFacts();
    showCharts();
  }
}

function follow() {
  const stream = new EventSource(`/live?kind=${encodeURIComponent(about.kind)}&name=${encodeURIComponent(about.name)}`);
  for (const name of ["wrong", "entries", "sweep", "standing", "told", "record"]) stream.addEventListener(name, (event) => take(name, event.data));
  stream.onopen = () => {
    heard = Date.now();
    if (about.kind === "folder") setText("state", "live");
  };
  stream.onerror = () => {
    setText("state", "no connection: what is shown is from before; trying again");
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
  };
}

const button = /** @type {HTMLButtonElement} */ (element("pause"));
button.onclick = () => {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "go on" : "pause";
  if (!paused) for (const name of Object.keys(waiting)) {
    take(name, waiting[name]);
    delete waiting[name];
  }
};

if (about.kind !== "run") {
  element("holds").oninput = listAgain;
  element("which").onchange = listAgain;
}

setInterval(() => {
  if (paused) return;
  if (about.kind === "run") showNow();
  else for (const cell of document.querySelectorAll("[data-since]")) cell.textContent = ago(cell.getAttribute("data-since") || "");
}, 5000);

let resizing = 0;
let columns = document.body.clientWidth;
window.addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = window.setTimeout(() => {
    if (about.kind !== "run" || document.body.clientWidth === columns) return;
    columns = document.body.clientWidth;
    showCharts();
  }, 200);
});
follow();
