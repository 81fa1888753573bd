// The controls of the page, and its panes: one run, or two beside each other with one time, one brush and one pick.

class Page {
  constructor() {
    const text = /** @type {HTMLElement} */ (document.getElementById("head")).textContent || "";
    /** @type {{runs: Head[], colours: Palette}} */
    const { runs, colours } = JSON.parse(text);
    this.palette = colours;
    this.stores = runs.map((head, number) => new Store(number, head));
    /** @type {Settings} */
    this.settings = { colour: "", clades: null, layout: "ladder", brush: null, scales: new Map() };
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.seen = this.readLook();
    this.look = () => this.seen;
    /** @type {(Pane | null)[]} */
    this.panes = [null, null];
    /** @type {Common | null} */
    this.common = null;
    this.owner = {
      palette: this.palette,
      look: this.look,
      settings: this.settings,
      picked: (/** @type {Pane} */ pane, /** @type {number} */ row) => this.pick(pane, row),
      moved: (/** @type {Pane} */ pane) => this.move(pane),
      brushed: (/** @type {[number, number] | null} */ brush) => this.brush(brush),
    };
  }

  /** @param {string} id @returns {HTMLInputElement & HTMLSelectElement} */
  control(id) {
    return /** @type {HTMLInputElement & HTMLSelectElement} */ (document.getElementById(id));
  }

  /** @returns {Pane[]} */
  shown() {
    return this.panes.filter((pane) => pane !== null);
  }

  /** @returns {Look} */
  readLook() {
    const style = getComputedStyle(document.documentElement);
    const get = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    const names = /** @type {const} */ (["ink", "faint", "line", "paper", "blue"]);
    const [ink, faint, line, paper, blue] = names.map(get);
    return { ink, faint, line, paper, blue, dark: this.dark.matches };
  }

  async open() {
    this.fillControls();
    await this.show(0, 0);
    const other = this.stores.length === 2 ? 1 : -1;
    if (other > 0) await this.beside(other);
    this.listen();
  }

  fillControls() {
    const traits = new Map(this.stores.flatMap(({ head }) => head.traits.map((trait) => [trait.name, trait.label])));
    const colour = this.control("colour");
    for (const [name, label] of traits) colour.append(element("option", label, { value: `trait ${name}` }));
    for (const [value, label] of [
      ["island", "island of life"],
      ["born", "island of conception"],
      ["clade", "clade"],
      ["founder", "founder"],
      ["kin", "kin of the one picked"],
    ]) {
      colour.append(element("option", label, { value }));
    }
    colour.value = traits.has("accuracy") ? "trait accuracy" : colour.options[0].value;
    this.settings.colour = colour.value;
    for (const id of ["run", "beside"]) {
      for (const { number, head } of this.stores) {
        this.control(id).append(element("option", head.path, { value: String(number) }));
      }
    }
    const several = this.stores.length > 1;
    for (const box of document.querySelectorAll(".several")) /** @type {HTMLElement} */ (box).hidden = !several;
  }

  /** Show a run in a place: 0 left, 1 right. @param {number} place @param {number} number */
  async show(place, number) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("pane"));
    const root = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
    /** @type {HTMLElement} */ (root.querySelector("h2")).textContent = this.stores[number].head.name;
    const main = /** @type {HTMLElement} */ (document.querySelector("main"));
    const old = this.panes[place];
    if (old) old.root.replaceWith(root);
    else main.append(root);
    main.classList.toggle("two", main.children.length > 1);
    const pane = new Pane(root, this.owner, this.stores[number]);
    await pane.open();
    this.panes[place] = pane;
    pane.follow();
    await this.compare();
    this.control("run").value = String(this.panes[0]?.store.number ?? number);
  }

  /** @param {number} number of a run; −1 for none */
  async beside(number) {
    this.control("beside").value = String(number);
    if (number >= 0) return this.show(1, number);
    this.panes[1]?.root.remove();
    this.panes[1] = null;
    document.querySelector("main")?.classList.remove("two");
    return this.compare();
  }

  /** One time and one scale for the runs beside each other, and what they have in common. */
  compare() {
    const shown = this.shown();
    this.common = shown.length > 1 ? commonOf(shown[0].grown(), shown[1].grown()) : null;
    const note = this.control("common");
    note.hidden = !this.common;
    note.textContent = this.common ? commonInWords(this.common, shown.map((pane) => pane.grown())) : "";
    this.settings.scales = scalesOf(shown.map((pane) => pane.head));
    alignTimes(shown, this.common && partingOf(this.common));
    return Promise.all(shown.map((pane) => pane.recolour()));
  }

  listen() {
    const on = (/** @type {string} */ id, /** @type {string} */ kind, /** @type {() => unknown} */ act) =>
      this.control(id).addEventListener(kind, act);
    on("colour", "change", () => this.recolour(this.control("colour").value));
    on("layout", "change", () => this.relayout(this.control("layout").value));
    on("clades", "change", () => this.reclade(this.control("clades").value));
    on("run", "change", () => this.show(0, Number(this.control("run").value)));
    on("beside", "change", () => this.beside(Number(this.control("beside").value)));
    for (const id of ["from", "to"]) on(id, "change", () => this.brushTyped());
    on("all", "click", () => this.brush(null));
    on("whole", "click", () => this.act((pane) => pane.lineage?.lookAt(pane.lineage.whole())));
    on("in", "click", () => this.act((pane) => pane.lineage?.zoomMiddle(0.6)));
    on("out", "click", () => this.act((pane) => pane.lineage?.zoomMiddle(1 / 0.6)));
    on("svg", "click", () => this.export("svg"));
    on("png", "click", () => this.export("png"));
    this.control("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.find(this.control("id").value.trim());
    });
    this.dark.addEventListener("change", () => {
      this.seen = this.readLook();
      for (const pane of this.shown()) pane.recolour();
    });
  }

  /** @param {(pane: Pane) => void} what */
  act(what) {
    for (const pane of this.shown()) {
      what(pane);
      pane.draw();
    }
  }

  /** @param {string} colour */
  async recolour(colour) {
    this.settings.colour = colour;
    await Promise.all(this.shown().map(async (pane) => {
      await pane.openStrips();
      await pane.recolour();
    }));
  }

  /** @param {string} layout */
  relayout(layout) {
    this.settings.layout = layout;
    for (const pane of this.shown()) pane.follow();
  }

  /** @param {string} generation */
  reclade(generation) {
    this.settings.clades = generation === "" ? null : Math.round(Number(generation));
    for (const pane of this.shown()) pane.reclade();
  }

  brushTyped() {
    const [from, to] = ["from", "to"].map((id) => this.control(id).value);
    if (from === "" && to === "") return this.brush(null);
    const trees = this.shown().map((pane) => pane.grown());
    const a = from === "" ? Math.min(...trees.map((tree) => tree.first)) : Math.round(Number(from));
    const b = to === "" ? Math.max(...trees.map((tree) => tree.last)) : Math.round(Number(to));
    this.brush([Math.min(a, b), Math.max(a, b)]);
  }

  /** @param {[number, number] | null} brush */
  brush(brush) {
    this.settings.brush = brush;
    this.control("from").value = brush ? String(brush[0]) : "";
    this.control("to").value = brush ? String(brush[1]) : "";
    for (const pane of this.shown()) pane.follow();
  }

  /** @param {Pane} pane @param {number} row */
  pick(pane, row) {
    const id = row === NOBODY ? "" : pane.grown().id(row);
    this.control("id").value = id;
    this.control("found").textContent = "";
    for (const each of this.shown()) each.pick(each === pane ? row : counterpart(this.common, pane.grown(), row, each.grown()));
  }

  /** @param {string} id @returns {boolean} whether anybody has it */
  find(id) {
    const pane = this.shown().find((each) => each.grown().find(id) !== NOBODY);
    if (pane) this.pick(pane, pane.grown().find(id));
    else this.control("found").textContent = `nobody on this page has the id ${id}`;
    return Boolean(pane);
  }

  /** What has moved is drawn with the next frame, and the other pane comes along in time. @param {Pane} pane */
  move(pane) {
    const { x0, x1 } = /** @type {Lineage} */ (pane.lineage).view;
    for (const other of this.shown()) {
      const lineage = /** @type {Lineage} */ (other.lineage);
      if (other !== pane) lineage.lookAt({ ...lineage.view, x0, x1 });
      other.later();
    }
  }

  /** The present view of a pane: SVG as text, PNG as a data address. @param {Pane} pane @param {string} kind */
  picture(pane, kind) {
    const lineage = /** @type {Lineage} */ (pane.lineage);
    return kind === "svg" ? asSvg(lineage, pane.head.name) : asPicture(lineage).toDataURL("image/png");
  }

  /** @param {string} kind */
  export(kind) {
    for (const pane of this.shown()) {
      const name = `${fileName(pane.head.name)}.${kind}`;
      const picture = this.picture(pane, kind);
      if (kind === "svg") save(new Blob([picture], { type: "image/svg+xml" }), name);
      else save(new Blob([/** @type {BlobPart} */ (fromBase64(picture.split(",")[1]))], { type: "image/png" }), name);
    }
  }
}

const page = new Page();
/** @type {{lineagePage?: Page}} */ (globalThis).lineagePage = page;
page.open().then(
  () => document.documentElement.setAttribute("data-drawn", ""),
  (error) => {
    const notice = /** @type {HTMLElement} */ (document.getElementById("trouble"));
    notice.textContent = `The drawing cannot be shown: ${error.message}`;
    notice.hidden = false;
    console.error(error);
  },
);
