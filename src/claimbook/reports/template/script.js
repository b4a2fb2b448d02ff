// Comfort for readers with scripts on; every page is complete without it.
"use strict";
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const PIXELS = 4; // of a saved picture, for each point of the drawing
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  function save(href, name) {
    const link = make("a", { href, download: name });
    document.body.append(link);
    link.click();
    link.remove();
  }

  // Contents: folded on narrow screens, and following the scroll on wide ones.
  const contents = document.querySelector(".contents");
  if (contents) {
    const wide = matchMedia("(min-width: 62.01rem)");
    const fold = () => { contents.querySelector("details").open = wide.matches; };
    wide.addEventListener("change", fold);
    fold();
    contents.addEventListener("click", (event) => {
      if (event.target.closest("a") && !wide.matches) contents.querySelector("details").open = false;
    });
    const links = all("a", contents);
    const targets = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
    const follow = () => {
      const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
      const passed = targets.findLastIndex((target) => target && target.getBoundingClientRect().top < innerHeight / 3);
      const current = atEnd ? links.length - 1 : Math.max(passed, 0);
      if (contents.scrollHeight > contents.clientHeight && links[current]) {
        contents.scrollTop = links[current].offsetTop - contents.clientHeight / 2;
      }
      links.forEach((link, i) => {
        if (i === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      });
    };
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; follow(); });
    }, { passive: true });
    follow();
  }

  // The versions before and after this one: no part of this page, which never changes, so they are
  // read from a file beside its folder. A page that was taken out of its place looks for nothing.
  const turn = document.querySelector(".turn[data-version]");
  if (turn) {
    const { claim, version } = turn.dataset;
    const folder = location.pathname.replace(/index\.html$/, "");
    const link = (name, properties) => make("a", { href: `../${name}/index.html`, ...properties });
    const shown = ({ before, after, newest, changed, compared }) => {
      if (after) turn.prepend(link(after, { rel: "next", className: "next", textContent: words.next, title: after }));
      if (before) turn.prepend(link(before, { rel: "prev", className: "previous", textContent: words.previous, title: before }));
      if (before) {
        const since = make("p", { className: "since", textContent: `${filled(words.changed_since, { version: before, changed })} ` });
        if (compared) since.append(make("a", { href: compared, textContent: words.compare }));
        turn.parentElement.append(since);
      }
      if (newest) {
        const notice = make("p", { className: "notice superseded", textContent: `${words.superseded} ` });
        notice.append(link(newest, { textContent: words.read_latest }));
        document.querySelector(".headline").append(notice);
      }
    };
    if (folder.endsWith(`/${claim}/${version}/`)) {
      const list = make("script", {});
      list.src = "../versions.js";
      list.addEventListener("load", () => {
        const known = globalThis.claimbookVersions?.[version];
        if (known) shown(known);
      });
      document.head.append(list);
    }
  }

  // A link into something folded opens it.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // Tables: sorted by a column's button, saved as CSV.
  const plain = (cell) => {
    const copy = cell.cloneNode(true);
    all("br", copy).forEach((line) => line.replaceWith(" "));
    return copy.textContent.trim().replace(/\s+/g, " ");
  };
  const sorted = (cell) => {
    const time = cell.querySelector("time");
    return time ? String(Date.parse(time.dateTime)) : plain(cell);
  };
  const numeric = (text) => {
    const match = text.replace(/\u2212/g, "-").replace(/,/g, "").match(/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?(?=$|[\s\u00a0%])/i);
    const date = /^\d{4}-\d{2}|^\d{1,2} \p{L}+ \d{4}/u.test(text);
    return match && !date ? Number(match[0]) : null;
  };
  // Numbers before words in either order, so that what is not known stays at the end.
  const compare = (a, b, sign) => {
    const [x, y] = [numeric(a), numeric(b)];
    if (x !== null && y !== null) return sign * (x - y);
    if (x !== null || y !== null) return x !== null ? -1 : 1;
    return sign * a.localeCompare(b, document.documentElement.lang, { numeric: true });
  };
  for (const table of all("table")) {
    const heads = all("thead th", table);
    const body = table.tBodies[0];
    if (!heads.length || !body || body.rows.length < 2) continue;
    heads.forEach((head) => {
      const column = head.cellIndex;
      const name = plain(head);
      if (!name) return;
      const button = make("button", { type: "button", textContent: name, title: filled(words.sort, { column: name }) });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const key = (row) => (row.cells[column] ? sorted(row.cells[column]) : "");
        const rows = [...body.rows].sort((a, b) => compare(key(a), key(b), sign));
        body.append(...rows);
      });
    });
  }
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  for (const box of all("figure.table[data-name]")) {
    const name = box.dataset.name;
    const button = make("button", { type: "button", className: "tool", textContent: words.csv });
    button.setAttribute("aria-label", filled(words.csv_of, { name: box.dataset.title || name }));
    button.addEventListener("click", () => {
      const lines = all("tr", box).map((row) => [...row.cells].map((cell) => quoted(plain(cell))).join(","));
      const url = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
      save(url, `${name}.csv`);
      setTimeout(() => URL.revokeObjectURL(url), 60000); // a slow disk has asked for it by then
    });
    const tools = make("div", { className: "tools" });
    const downloads = make("div", { className: "downloads" });
    downloads.append(button);
    tools.append(downloads);
    box.append(tools);
  }
  // Only a box that scrolls needs a stop for the keyboard, and fades where there is more of it.
  const BOXES = ".table-box, pre, .card";
  const measured = (box) => ({
    box,
    scrolls: box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1,
    before: box.scrollLeft > 1,
    after: box.scrollLeft + box.clientWidth < box.scrollWidth - 1,
  });
  const fade = ({ box, before, after }) => {
    box.classList.toggle("more-before", before);
    box.classList.toggle("more-after", after);
  };
  // All are measured before the first is touched, or the page would be laid out anew for each.
  const stops = () => all(BOXES).map(measured).forEach((found) => {
    if (found.scrolls) found.box.tabIndex = 0;
    else found.box.removeAttribute("tabindex");
    fade(found);
  });
  addEventListener("resize", stops);
  document.addEventListener("toggle", stops, true);
  document.addEventListener("scroll", (event) => {
    if (event.target.matches?.(BOXES)) fade(measured(event.target));
  }, { capture: true, passive: true });
  stops();

  // On paper everything is open that has no place of its own in the notebook; the style sheet does
  // the same for browsers that let it.
  const folds = () => all("details:not(.code)").filter((box) => !box.closest(".contents, .tools"));
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = folds().filter((box) => !box.open);
    closed.forEach((box) => { box.open = true; });
  });
  addEventListener("afterprint", () => { closed.forEach((box) => { box.open = false; }); });

  // Figures: the whole picture, with the words that the page sets around it and the letters of its font.
  const faces = () => document.querySelector("style").textContent.match(/@font-face\{[^}]*Claimbook Sans[^}]*\}/g).join("");
  const whole = (drawing) => {
    const copy = drawing.cloneNode(true);
    const [, , width, height] = copy.dataset.whole.split(" ");
    copy.setAttribute("viewBox", copy.dataset.whole);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.removeAttribute("data-whole");
    copy.prepend(Object.assign(document.createElementNS(copy.namespaceURI, "style"), { textContent: faces() }));
    return encodeURIComponent(new XMLSerializer().serializeToString(copy));
  };
  const pixels = async (drawing) => {
    const image = new Image();
    // The address is written out here: a script of ours may give an image nothing but its own data.
    image.src = `data:image/svg+xml;charset=utf-8,${whole(drawing)}`;
    await image.decode();
    const canvas = make("canvas", { width: image.width * PIXELS, height: image.height * PIXELS });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/png");
  };
  for (const button of all("button[data-svg], button[data-png]")) {
    const figure = button.closest("figure");
    const drawing = figure.querySelector(".card svg");
    const { svg, png } = button.dataset;
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (!drawing) save(figure.querySelector("img").src, png);
      else if (svg) save(`data:image/svg+xml;charset=utf-8,${whole(drawing)}`, svg);
      else save(await pixels(drawing), png);
    });
  }

  // Figures on narrow screens: larger, in a box that scrolls.
  for (const button of all("button.enlarge")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const large = button.closest("figure").querySelector(".card").classList.toggle("large");
      button.setAttribute("aria-pressed", String(large));
      button.textContent = large ? words.smaller : words.larger;
      stops();
    });
  }

  // The citation, with the address where there is one that others can open, to the clipboard.
  const citation = document.getElementById("citation");
  if (citation && location.protocol.startsWith("http")) citation.append(` ${location.origin}${location.pathname}`);
  for (const button of all("button.copy")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(plain(document.getElementById(button.dataset.copies)));
      button.textContent = words.copied;
      setTimeout(() => { button.textContent = words.copy_text; }, 2000);
    });
  }

  // Catalogue: by verdict, and by words.
  const filter = document.querySelector(".filter");
  if (filter) {
    filter.hidden = false;
    const claims = all(".claim");
    const buttons = all("button", filter);
    const search = filter.querySelector("input");
    const texts = claims.map((claim) => claim.textContent.toLowerCase());
    const apply = () => {
      const wanted = buttons.find((button) => button.getAttribute("aria-pressed") === "true").dataset.verdict;
      const asked = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      claims.forEach((claim, i) => {
        const fits = (!wanted || claim.dataset.verdict === wanted) && asked.every((word) => texts[i].includes(word));
        claim.hidden = !fits;
        shown += fits;
      });
      filter.querySelector(".shown").textContent = filled(words.shown, { shown, all: claims.length });
      document.querySelector(".none-found").hidden = shown > 0;
    };
    buttons.forEach((button) => button.addEventListener("click", () => {
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      apply();
    }));
    search.addEventListener("input", apply);
    apply();
  }
})();
