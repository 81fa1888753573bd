// Draws the charts of the page, fits them to its width, and shows the record of the individual picked.
"use strict";
(() => {
  const WIDE = 900; // CSS pixels from which views stand side by side
  const GAP = 30;
  const AXES = 78; // room for axis labels beside a view

  function fitted(spec, room) {
    const columns = room >= WIDE && spec.concat ? 2 : 1;
    const width = Math.floor((room - (columns - 1) * GAP) / columns - AXES);
    const copy = structuredClone(spec);
    copy.columns = columns;
    for (const view of copy.concat || [copy]) view.width = Math.max(width, 200);
    return copy;
  }

  function describe(value) {
    if (value === null || value === undefined) return "–";
    return typeof value === "number" ? String(value).replace("-", "−") : value;
  }

  function follow(holder, view, spec, names) {
    const panel = document.getElementById(holder.id + "-record");
    const list = panel.querySelector("dl");
    const form = panel.querySelector("form");
    const output = form.querySelector("output");
    const people = spec.datasets.births;
    let person = null;

    function show(picked) {
      person = picked && picked.first ? people.find((one) => one.first === picked.first[0]) : null;
      panel.hidden = false;
      list.replaceChildren();
      output.textContent = "";
      for (const [field, name] of Object.entries(person ? names : {})) {
        const row = document.createElement("div");
        const term = document.createElement("dt");
        const value = document.createElement("dd");
        term.textContent = name;
        value.textContent = describe(person[field]);
        row.append(term, value);
        list.append(row);
      }
      if (!person) list.textContent = "nobody: pick a point";
      form.elements.id.value = person ? person.id : "";
    }

    function pick(id) {
      const one = people.find((other) => other.id === id);
      if (!one) {
        output.textContent = "not among the individuals on this page";
        return;
      }
      const fields = view.data("pick_store")[0]?.fields || [
        { type: "E", field: "first" },
        { type: "E", field: "beyond" },
      ];
      view.data("pick_store", [{ unit: "", fields, values: [one.first, one.beyond] }]).runAsync();
    }

    view.addSignalListener("pick", (_, picked) => show(picked));
    show(view.signal("pick"));
    form.onsubmit = (event) => {
      event.preventDefault();
      pick(form.elements.id.value.trim());
    };
    form.elements.parent.onclick = () => person && pick(person.ancestor);
  }

  async function draw(holder) {
    const { spec, record } = JSON.parse(document.getElementById(holder.dataset.spec).textContent);
    let drawn = null;
    let columns = 0;
    async function redraw() {
      const room = holder.parentElement.clientWidth;
      if (drawn && Math.abs(room - columns) < 40) return;
      columns = room;
      if (drawn) drawn.finalize();
      document.getElementById(holder.id + "-controls").replaceChildren();
      const fit = fitted(spec, room);
      drawn = await vegaEmbed(holder, fit, {
        actions: { export: true, source: false, compiled: false, editor: false },
        ast: true,
        bind: "#" + holder.id + "-controls",
        renderer: "canvas",
        tooltip: { theme: "light" },
      });
      holder.querySelector("summary")?.setAttribute("aria-label", "Save this view as a picture");
      holder.view = drawn.view;
      if (Object.keys(record).length) follow(holder, drawn.view, fit, record);
    }
    await redraw();
    let waiting = 0;
    window.addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(redraw, 200);
    });
  }

  document.querySelectorAll("[data-spec]").forEach((holder) => {
    draw(holder).catch((error) => {
      holder.textContent = "This view cannot be drawn: " + error.message;
      console.error(error);
    });
  });
})();
