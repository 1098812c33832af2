/* Search, filter, sort and theme.  The page says all it has to say without this script; controls
   that would do nothing without it stay hidden until it runs. */
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
})();
