/* Search, filter, sort, theme and the numbers under the pointer.  The page says all it has to say
   without this script; controls that would do nothing without it stay hidden until it runs. */
(() => {
  "use strict";
  const script = document.currentScript;
  // VS Code and others put an output into a shadow tree of its own.
  const scope = script ? script.getRootNode() : document;
  // A property, not an attribute: an attribute would be saved with the page, and stop a reload.
  for (const root of scope.querySelectorAll(".tidegauge")) {
    if (root.tidegauge) continue;
    root.tidegauge = true;
    start(root);
  }

  function start(root) {
    const one = (selector) => root.querySelector(selector);
    const isDocument = root === document.body;
    const list = one(".tg-list");
    const form = one(".tg-controls");
    const rows = [...list.children].map((element, rank) => ({
      element,
      rank,
      details: element.querySelector("details"),
      name: element.querySelector("bdi").textContent,
      folded: element.querySelector("bdi").textContent.toLowerCase(),
      kind: element.dataset.kind,
      state: element.dataset.state,
    }));
    // One collator for all: localeCompare would make one for each pair of names.
    const collator = new Intl.Collator(undefined, { numeric: true });
    const orders = {
      effect: (a, b) => a.rank - b.rank,
      name: (a, b) => collator.compare(a.name, b.name),
      kind: (a, b) => a.kind.localeCompare(b.kind) || a.rank - b.rank,
    };

    function filter() {
      const wanted = form.search.value.trim().toLowerCase();
      const state = form.state.value;
      let shown = 0;
      for (const row of rows) {
        const fits = (!state || row.state === state) && row.folded.includes(wanted);
        row.element.hidden = !fits;
        shown += fits;
      }
      list.hidden = shown === 0;
      const found = one(".tg-found");
      found.hidden = shown === rows.length;
      found.textContent = shown
        ? `${shown} of ${rows.length} columns`
        : "No column fits. Search for less, or show all.";
      relabel();
    }

    function sort() {
      list.append(...[...rows].sort(orders[form.sort.value]).map((row) => row.element));
    }

    const shown = () => rows.filter((row) => row.details && !row.element.hidden);
    const openAll = one(".tg-open");
    const areOpen = () => shown().length > 0 && shown().every((row) => row.details.open);
    function relabel() {
      openAll.textContent = areOpen() ? "Close all" : "Open all";
      openAll.disabled = shown().length === 0;
    }

    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => (event.target === form.sort ? sort() : filter()));
    // Letters typed here are not commands for the notebook around.
    form.addEventListener("keydown", (event) => event.stopPropagation());
    list.addEventListener("toggle", relabel, true);
    openAll.addEventListener("click", () => {
      const open = !areOpen();
      for (const row of shown()) row.details.open = open;
    });
    // A reload keeps what was typed.
    if (form.search.value || form.state.value) filter();
    if (form.sort.value !== "effect") sort();
    relabel();

    function openTarget(id) {
      const target = id && root.querySelector(`#${CSS.escape(id)}`);
      const row = target && rows.find(({ element }) => element.contains(target));
      if (!row) return;
      if (row.element.hidden) {
        form.reset();
        filter();
        sort();
      }
      if (row.details) row.details.open = true;
      target.scrollIntoView();
    }
    const decoded = (hash) => {
      try {
        return decodeURIComponent(hash.slice(1));
      } catch {
        return hash.slice(1);
      }
    };
    root.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      if (link) openTarget(decoded(link.hash));
      // The address of what was opened last, to be copied and sent.
      const row = event.target.closest("summary.tg-row");
      if (isDocument && row && !row.parentElement.open) {
        history.replaceState(null, "", `#${encodeURIComponent(row.parentElement.id)}`);
      }
    });

    const theme = one(".tg-theme");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    // What the page really shows: a notebook may have chosen for it.
    const isDark = () => {
      const chosen = getComputedStyle(root).colorScheme;
      return chosen === "dark" || (chosen !== "light" && dark.matches);
    };
    const rename = () => (theme.textContent = isDark() ? "Light" : "Dark");
    theme.hidden = false;
    theme.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      rename();
    });
    dark.addEventListener("change", rename);
    rename();

    for (const plot of root.querySelectorAll(".tg-plot[data-low]")) readOut(plot);

    if (!isDocument) return;
    openTarget(decoded(location.hash));
    addEventListener("hashchange", () => openTarget(decoded(location.hash)));
    addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.target.closest("input, select")) {
        event.preventDefault();
        form.search.focus();
      }
    });
    // Browsers that cannot open a section by style alone open it by its attribute.
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = rows.filter((row) => row.state === "drifted" && row.details && !row.details.open);
      for (const row of opened) row.details.open = true;
    });
    addEventListener("afterprint", () => {
      for (const row of opened) row.details.open = false;
    });
  }

  /* The two shares of the bin under the pointer, or of the one that the arrow keys have reached. */
  function readOut(plot) {
    const drawing = plot.querySelector("svg");
    let sides, cursor, output, bin;

    function prepare() {
      const low = Number(plot.dataset.low);
      const step = Number(plot.dataset.step);
      const shares = (side) => plot.dataset[side].split(" ").map(Number);
      sides = { low, step, reference: shares("reference"), current: shares("current") };
      cursor = document.createElement("span");
      cursor.className = "tg-cursor";
      output = document.createElement("output");
      output.className = "tg-readout";
      plot.append(cursor, output);
    }

    function show(at) {
      if (!sides) prepare();
      const count = sides.reference.length;
      bin = Math.min(Math.max(at, 0), count - 1);
      const place = (value) => {
        const date = new Date(value * 86_400_000);
        return "days" in plot.dataset && !isNaN(date)
          ? date.toISOString().slice(0, 16).replace("T", " ")
          : Number(value.toPrecision(5)).toLocaleString("en");
      };
      const from = sides.low + bin * sides.step;
      const box = drawing.getBoundingClientRect();
      const left = box.left - plot.getBoundingClientRect().left;
      const x = left + (bin / count) * box.width;
      cursor.style.left = `${x}px`;
      cursor.style.width = `${Math.max(box.width / count, 2)}px`;
      cursor.hidden = output.hidden = false;
      output.textContent =
        `${place(from)} to ${place(from + sides.step)}: ` +
        `reference ${sides.reference[bin]} %, current ${sides.current[bin]} %`;
      const most = plot.clientWidth - output.offsetWidth;
      output.style.left = `${Math.max(Math.min(x - output.offsetWidth / 2, most), 0)}px`;
    }

    function hide() {
      if (sides) cursor.hidden = output.hidden = true;
      bin = undefined;
    }

    plot.tabIndex = 0;
    plot.addEventListener("pointermove", (event) => {
      const box = drawing.getBoundingClientRect();
      const count = plot.dataset.reference.split(" ").length;
      show(Math.floor(((event.clientX - box.left) / box.width) * count));
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) {
        event.preventDefault();
        event.stopPropagation();
        show((bin ?? (by > 0 ? -1 : Infinity)) + by);
      } else if (event.key === "Escape") hide();
    });
  }
})();
