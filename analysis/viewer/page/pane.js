// All of one run: the large drawing, the small ones beside it, and the same in words; what is picked in one is in all.

/** @typedef {{colour: string, clades: number | null, layout: string, brush: [number, number] | null,
 *   scales: Map<string, [number, number]>}} Settings */
/** @typedef {{palette: Palette, look: () => Look, settings: Settings, picked: (pane: Pane, row: number) => void,
 *   moved: (pane: Pane) => void, brushed: (brush: [number, number] | null) => void}} Owner */

const MAIN = ["accuracy", "replication_error", "copying_error"];

class Pane {
  /** @param {HTMLElement} root @param {Owner} owner @param {Store} store */
  constructor(root, owner, store) {
    this.root = root;
    this.owner = owner;
    this.store = store;
    this.head = store.head;
    this.waits = false;
    this.memo = new Memo();
    /** @type {Record<string, Codes>} */
    this.more = {};
    /** @type {Column[]} */
    this.traits = [];
    /** @type {{trait: Trait, bands: Codes, codes: Codes, canvas: HTMLCanvasElement}[]} */
    this.strips = [];
    /** @type {Plane | null} */
    this.plane = null;
    this.asked = "";
  }

  /** @param {string} selector @returns {HTMLElement} */
  part(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @param {string} selector @returns {HTMLCanvasElement} */
  canvas(selector) {
    return /** @type {HTMLCanvasElement} */ (this.root.querySelector(selector));
  }

  /** Decode what the first drawing needs, and draw. */
  async open() {
    const names = ["counts", "parent", "place", "island", "born", "slot"];
    const found = await Promise.all(names.map((name) => this.store.column(name)));
    const [counts, parent, place, island, born, slot] = found;
    this.tree = new Tree(this.head, { counts, parent, place, island, born, slot });
    this.lineage = new Lineage(this.part(".stage"), this.tree, this.owner.look);
    this.clades = byClade(this.tree, this.cladeGeneration(), this.owner.palette);
    this.muller = new Muller(this.canvas(".muller canvas"));
    await this.openPlane();
    await this.openStrips();
    await this.recolour();
    this.describe();
    this.part(".path").addEventListener("toggle", () => this.showPath());
    new Hands(this).listen();
    new ResizeObserver(() => this.later()).observe(this.root);
  }

  /** Its tree, once it is open. @returns {Tree} */
  grown() {
    return /** @type {Tree} */ (this.tree);
  }

  /** @param {string} name @returns {Promise<Column>} */
  async trait(name) {
    const trait = /** @type {Trait} */ (this.head.traits.find((each) => each.name === name));
    return { trait, codes: await this.store.column(name) };
  }

  async openPlane() {
    const names = this.head.traits.map((trait) => trait.name);
    const height = names.includes("accuracy") ? "accuracy" : "squared_norm";
    this.part(".plane").hidden = !names.includes("replication_error") || !names.includes(height);
    if (this.part(".plane").hidden) return;
    const [x, y] = await Promise.all([this.trait("replication_error"), this.trait(height)]);
    this.plane = new Plane(this.canvas(".plane canvas"), /** @type {Tree} */ (this.tree), x, y);
  }

  /** A strip for each of the main traits, and for that of the colours. */
  async openStrips() {
    const colour = this.owner.settings.colour.replace(/^trait /, "");
    const wanted = this.head.traits.map(({ name }) => name).filter((name) => MAIN.includes(name) || name === colour);
    if (this.strips.length && wanted.join() === this.strips.map(({ trait }) => trait.name).join()) return;
    const holder = this.part(".strips");
    const strips = await Promise.all(
      wanted.map(async (name) => {
        const { trait, codes } = await this.trait(name);
        const bands = await this.store.column(`${name} bands`);
        const old = this.strips.find((strip) => strip.trait.name === name);
        const words = `${trait.label} by generation: median, 5 % and 95 %, and the line of descent; a table is below`;
        const canvas = old ? old.canvas : element("canvas", "", { role: "img", "aria-label": words });
        return { trait, codes, bands, canvas: /** @type {HTMLCanvasElement} */ (canvas) };
      }),
    );
    this.strips = strips;
    holder.replaceChildren(...strips.map((strip) => strip.canvas));
  }

  /** The generation whose individuals found clades, by default a tenth of the way. */
  cladeGeneration() {
    const tree = /** @type {Tree} */ (this.tree);
    const asked = this.owner.settings.clades ?? Math.round(tree.first + (tree.last - tree.first) / 10);
    return Math.min(Math.max(asked, tree.first), tree.last);
  }

  /** @returns {string[]} colours of the scale on this paper */
  stops() {
    return this.owner.look().dark ? this.owner.palette.dark : this.owner.palette.light;
  }

  /** Take the colours that are asked for, and draw. */
  async recolour() {
    const { colour } = this.owner.settings;
    this.asked = colour;
    const colouring = await this.colouring(colour);
    if (this.asked !== colour) return; // another was asked for meanwhile
    /** @type {Lineage} */ (this.lineage).colouring = colouring;
    this.showLegend(colouring.legend);
    this.draw();
  }

  /** @param {string} colour @returns {Promise<Colouring>} */
  async colouring(colour) {
    const { palette } = this.owner;
    const [tree, lineage] = [/** @type {Tree} */ (this.tree), /** @type {Lineage} */ (this.lineage)];
    const islands = this.head.islands;
    if (colour === "island") return byIslands("island of life", tree.island, islands, palette, this.stops());
    if (colour === "born") return byIslands("island of conception", tree.born, islands, palette, this.stops());
    if (colour === "clade") return /** @type {Colouring} */ (this.clades);
    if (colour === "founder") return byClade(tree, tree.first, palette);
    if (colour === "kin") return byKin(tree, lineage.chosen, palette);
    const name = colour.replace(/^trait /, "");
    const known = this.head.traits.some((trait) => trait.name === name);
    if (!known) return byIslands("island of life", tree.island, islands, palette, this.stops());
    const { trait, codes } = await this.trait(name);
    const [from, to] = this.owner.settings.scales.get(name) ?? [trait.from, trait.to];
    return byTrait({ ...trait, from, to }, codes, this.stops());
  }

  /** Found clades in another generation. */
  reclade() {
    this.clades = byClade(/** @type {Tree} */ (this.tree), this.cladeGeneration(), this.owner.palette);
    return this.owner.settings.colour === "clade" ? this.recolour() : this.draw();
  }

  /** Take layout and brush from the settings. */
  follow() {
    const [tree, lineage] = [/** @type {Tree} */ (this.tree), /** @type {Lineage} */ (this.lineage)];
    const { layout, brush } = this.owner.settings;
    lineage.layout = layout === "islands" ? tree.byIsland() : tree.ladder;
    /** @type {[number, number] | null} */
    const within = brush && [Math.max(brush[0], tree.first), Math.min(brush[1], tree.last)];
    lineage.brush = within && within[0] <= within[1] ? within : null;
    this.plane?.between(lineage.brush);
    this.draw();
  }

  /** @param {number} row */
  pick(row) {
    const lineage = /** @type {Lineage} */ (this.lineage);
    lineage.pick(row);
    lineage.reveal();
    if (this.owner.settings.colour === "kin") this.recolour();
    else this.draw();
    this.showRecord();
  }

  /** Draw with the next frame. */
  later() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => {
      this.waits = false;
      this.draw();
    });
  }

  draw() {
    const lineage = /** @type {Lineage} */ (this.lineage);
    if (!lineage.colouring || !lineage.canvas.clientWidth) return;
    const look = this.owner.look();
    lineage.draw();
    this.plane?.draw(look, lineage.colouring, lineage);
    const clades = /** @type {Colouring} */ (this.clades);
    const { view, path, brush, canvas } = lineage;
    if (!this.memo.changed(view, path, brush, clades, look, canvas.clientWidth, this.strips, devicePixelRatio)) return;
    this.muller?.draw(lineage, clades, look);
    for (const { canvas, trait, bands, codes } of this.strips) drawStrip(canvas, lineage, trait, bands, codes, look);
    if (lineage.scene) this.part(".view").textContent = inWords(lineage.tree, lineage.view, lineage.scene);
  }

  /** @param {Legend} legend */
  showLegend(legend) {
    const holder = this.part(".legend");
    holder.replaceChildren(element("strong", legend.title));
    if (legend.ends) {
      const bar = element("span", "", { class: "scale" });
      bar.style.background = `linear-gradient(to right, ${this.stops().join(", ")})`;
      holder.append(element("span", legend.ends[0]), bar, element("span", legend.ends[1]));
    }
    for (const [colour, name] of legend.entries) {
      const swatch = element("span", "", { class: "swatch" });
      swatch.style.background = colour;
      const entry = element("span", "", { class: "entry" });
      entry.append(swatch, name);
      holder.append(entry);
    }
  }

  /** What the page says of the run in words. */
  describe() {
    const tree = /** @type {Tree} */ (this.tree);
    const generations = tree.last - tree.first + 1;
    const { islands } = this.head;
    const parts = [counted(tree.size, "birth"), counted(generations, "generation"), counted(islands, "island")];
    const from = tree.first ? `, on record from generation ${whole(tree.first)}` : "";
    this.part(".told").textContent = `${parts.join(", ")}; ${this.head.status}${from}. ${this.head.path}`;
    const head = ["generation", "births", ...this.strips.map(({ trait }) => `median ${trait.label}`)];
    fillTable(this.part(".generations table"), head, generationRows(tree, this.strips));
  }

  /** The record of the one picked, and the path as a table. */
  async showRecord() {
    const { tree, chosen, path, kin } = /** @type {Lineage} */ (this.lineage);
    this.part(".individual").hidden = chosen === NOBODY;
    if (chosen === NOBODY) return;
    for (const name of ["offspring", "cause", "age", "second"]) {
      if (this.store.has(name)) this.more[name] = await this.store.column(name);
    }
    this.traits = await Promise.all(this.head.traits.map((trait) => this.trait(trait.name)));
    if (/** @type {Lineage} */ (this.lineage).chosen !== chosen) return;
    fillList(this.part(".individual dl"), facts(tree, chosen, this.traits, this.more, kin));
    this.part(".path summary").textContent = `The path to the root: ${counted(path.length, "individual")}`;
    this.showPath();
  }

  /** The path as a table, where that is open. */
  showPath() {
    const { tree, path } = /** @type {Lineage} */ (this.lineage);
    if (!this.part(".path").hasAttribute("open")) return;
    const head = ["id", "generation", "island", ...this.strips.map(({ trait }) => trait.label)];
    fillTable(this.part(".path table"), head, pathRows(tree, path, this.strips));
  }
}
