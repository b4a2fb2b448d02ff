// The cash-flow model of claimbook.analysis.cashflow in the reader's own browser: the same inputs
// give the same net present value. Everything that is shown comes from the model's data.
(() => {
  "use strict";
  // Net present value, bn USD, of a project with a reader's inputs; null where it has none.
  const valueAt = ({ fixed, by_year: by }, at) => {
    const rate = at.discount_rate_pct / 100;
    const growth = fixed.terminal_growth_pct / 100;
    if (fixed.terminal_value && rate <= growth) return null;
    const gw = (at.capacity_mw * fixed.share_pct) / 1e5;
    const site = gw * fixed.site_cost_musd_per_mw;
    const gpus = gw * at.gpu_cost_musd_per_mw;
    const renewal = (gpus * fixed.renewal_cost_pct) / 100;
    const years = by.serving.length;
    let [worth, losses, last] = [0, 0, 0];
    for (let year = 0; year < years; year += 1) {
      const price = at.revenue_musd_per_mw_year
        * (1 + fixed.revenue_growth_pct / 100) ** Math.max(year - fixed.first_year, 0);
      const revenue = gw * price * by.serving[year];
      const kept = (revenue * at.margin_pct) / 100
        - gw * fixed.forgone_musd_per_mw_year * by.serving[year];
      const profit = kept - site * by.site_written_off[year] - gpus * by.gpus_written_off[year]
        - renewal * by.renewals_written_off[year];
      const taxable = profit - losses;
      losses = Math.max(-taxable, 0);
      const tax = (Math.max(taxable, 0) * fixed.tax_pct) / 100;
      const spent = (site + gpus) * by.paid[year] + renewal * by.renewed[year];
      const moment = Math.max(year - (fixed.mid_year ? 0.5 : 0), 0);
      worth += (kept - tax) / (1 + rate) ** moment - spent / (1 + rate) ** year;
      last = kept;
    }
    if (fixed.terminal_value) {
      const yearly = last - (fixed.gpu_life_years ? renewal / fixed.gpu_life_years : 0);
      const after = yearly - (Math.max(yearly, 0) * fixed.tax_pct) / 100;
      worth += (after * (1 + growth)) / (rate - growth) / (1 + rate) ** (years - 1);
    }
    return worth;
  };

  // The lowest discount rate within the slider at which the value crosses the target, or null.
  const rateFor = (project, at, target, [low, high]) => {
    const off = (rate) => {
      const value = valueAt(project, { ...at, discount_rate_pct: rate });
      return value === null ? null : value - target;
    };
    const steps = 200;
    for (let i = 0; i < steps; i += 1) {
      let a = low + ((high - low) * i) / steps;
      let b = low + ((high - low) * (i + 1)) / steps;
      const [from, to] = [off(a), off(b)];
      if (from === null || to === null || from * to > 0) continue;
      for (let halving = 0; halving < 60; halving += 1) {
        const middle = (a + b) / 2;
        if (off(a) * off(middle) <= 0) b = middle;
        else a = middle;
      }
      return (a + b) / 2;
    }
    return null;
  };

  const made = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key in element && typeof value !== "string") element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  };
  const drawn = (within, name, attributes, text = "") => {
    const element = document.createElementNS(within.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    element.textContent = text;
    return element;
  };
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const number = (value, digits) => value.toLocaleString("en-US", {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).replace("-", "\u2212");

  const explore = (place, index) => {
    const model = JSON.parse(place.querySelector("script.model").textContent);
    const said = model.words;
    const range = (name) => {
      const all = model.starts.map((start) => start.at[name]);
      const { low, high } = model.sliders.find((slider) => slider.name === name);
      return [Math.min(low, ...all), Math.max(high, ...all)];
    };
    let start = 0;
    let at = { ...model.starts[0].at };

    const id = `explorable-${index}`;
    const choice = made("select", { id: `${id}-start` });
    model.starts.forEach((from, i) => choice.append(made("option", { value: String(i) }, from.name)));
    const value = made("output", { class: "explorable-value" });
    const against = made("p", { class: "explorable-against" });
    const status = made("div", { role: "status", class: "explorable-result" },
      made("p", { class: "explorable-label" }, said.value), value, against);
    const picture = place.querySelector("svg");
    const part = (...what) => drawn(picture, ...what);

    const controls = model.sliders.map(({ name, step }) => {
      const [low, high] = range(name);
      const { label, unit, digits } = said.inputs[name];
      const slider = made("input", { type: "range", id: `${id}-${name}`, min: String(low), max: String(high), step: String(step) });
      const field = made("input", { type: "number", min: String(low), max: String(high), step: "any", "aria-label": `${label}, ${unit}` });
      const take = (text) => {
        const typed = Number(text);
        if (text === "" || !Number.isFinite(typed) || typed < low || typed > high) return false;
        at[name] = typed;
        return true;
      };
      slider.addEventListener("input", () => { take(slider.value); show(); });
      field.addEventListener("input", () => {
        const good = take(field.value);
        field.setAttribute("aria-invalid", String(!good));
        if (good) show(field);
      });
      field.addEventListener("change", () => show());
      const row = made("div", { class: "explorable-control" },
        made("label", { for: slider.id }, label), slider,
        made("span", { class: "explorable-number" }, field, made("span", { class: "unit" }, ` ${unit}`)));
      const set = (writing) => {
        slider.value = String(at[name]);
        slider.setAttribute("aria-valuetext", `${number(at[name], digits)} ${unit}`);
        if (writing === field) return;
        field.value = String(Number(at[name].toFixed(digits)));
        field.setAttribute("aria-invalid", "false");
      };
      return { row, set };
    });

    const show = (writing) => {
      const project = model.starts[start];
      const worth = valueAt(project, at);
      controls.forEach((control) => control.set(writing));
      place.dataset.value = worth === null ? "" : String(worth);
      value.textContent = worth === null ? said.none : filled(said.amount, { amount: number(worth, 1) });
      const found = rateFor(project, at, model.target, range("discount_rate_pct"));
      const gap = worth === null ? 0 : worth - model.target;
      const compared = worth === null ? "" : filled(gap < 0 ? said.below : said.above, {
        gap: number(Math.abs(gap), 1), target: number(model.target, 1),
      });
      const [low, high] = range("discount_rate_pct");
      const needed = found === null
        ? filled(said.rate_none, { low: number(low, 1), high: number(high, 0) })
        : filled(said.rate_found, { rate: number(found, 1) });
      against.textContent = `${compared} ${needed}`.trim();
      draw(project);
    };

    const draw = (project) => {
      // Drawn at the width it has on the page, so that its words keep their size on a phone.
      const width = Math.max(Math.round(picture.clientWidth) || 640, 280);
      picture.setAttribute("viewBox", `0 0 ${width} 300`);
      const [left, right, top, bottom] = [46, width - 16, 14, 256];
      const [low, high] = range("discount_rate_pct");
      const rates = Array.from({ length: 121 }, (_, i) => low + ((high - low) * i) / 120);
      const points = rates
        .map((rate) => [rate, valueAt(project, { ...at, discount_rate_pct: rate })])
        .filter(([, worth]) => worth !== null && Number.isFinite(worth));
      const here = valueAt(project, at);
      const values = [...points.map(([, worth]) => worth), model.target, 0];
      // Values far above the claim would flatten the picture; the line then leaves it at the top.
      const ceiling = Math.min(Math.max(...values), Math.max(3 * model.target, (here ?? 0) * 1.15));
      const floor = Math.max(Math.min(...values), Math.min(-model.target, (here ?? 0) * 1.15));
      const x = (rate) => left + ((rate - low) / (high - low)) * (right - left);
      const y = (worth) => bottom - ((Math.min(Math.max(worth, floor), ceiling) - floor) / (ceiling - floor)) * (bottom - top);
      const raw = (ceiling - floor) / 5;
      const power = 10 ** Math.floor(Math.log10(raw));
      const step = [1, 2, 5, 10].map((times) => times * power).find((candidate) => candidate >= raw);
      const parts = [];
      for (let i = Math.ceil(floor / step); i * step <= ceiling; i += 1) {
        const tick = i * step + 0; // no minus before a zero
        parts.push(part("line", { x1: left, x2: right, y1: y(tick), y2: y(tick), class: tick === 0 ? "zero" : "grid" }));
        parts.push(part("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, number(tick, step < 1 ? 1 : 0)));
      }
      for (let tick = Math.ceil(low / 5) * 5; tick <= high; tick += 5) {
        parts.push(part("text", { x: x(tick), y: bottom + 18, "text-anchor": "middle" }, number(tick, 0)));
      }
      parts.push(part("text", { x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" }, said.axis));
      parts.push(part("line", { x1: left, x2: right, y1: y(model.target), y2: y(model.target), class: "target" }));
      parts.push(part("text", { x: right, y: y(model.target) - 6, "text-anchor": "end", class: "target" }, said.target));
      const within = points.filter(([, worth]) => worth >= floor && worth <= ceiling);
      parts.push(part("polyline", { points: within.map(([rate, worth]) => `${x(rate).toFixed(1)},${y(worth).toFixed(1)}`).join(" "), class: "curve" }));
      if (here !== null) parts.push(part("circle", { cx: x(at.discount_rate_pct), cy: y(here), r: 6, class: "here" }));
      picture.replaceChildren(...parts);
    };

    choice.addEventListener("change", () => {
      start = Number(choice.value);
      at = { ...model.starts[start].at };
      show();
    });
    const reset = made("button", { type: "button", class: "explorable-reset" }, said.reset);
    reset.addEventListener("click", () => {
      at = { ...model.starts[start].at };
      show();
    });
    const form = made("div", { class: "explorable-form", role: "group", "aria-label": said.heading },
      made("div", { class: "explorable-start" }, made("label", { for: choice.id }, said.start), choice, reset),
      ...controls.map(({ row }) => row));
    place.querySelector(".explorable-live").append(form);
    picture.before(made("p", { class: "explorable-heading" }, said.heading), status);
    place.hidden = false;
    show();
    addEventListener("resize", () => draw(model.starts[start]));
  };

  document.querySelectorAll(".explorable[data-script='cashflow']").forEach(explore);
})();
