"use strict";
// Sorting, filtering and tips. Without this script the page can be read all the same.
(() => {
  const tip = document.getElementById("tip");

  const show = (mark) => {
    document.querySelectorAll(".at").forEach((m) => m.classList.remove("at"));
    if (!mark) { tip.classList.remove("on"); return; }
    mark.classList.add("at");
    tip.textContent = mark.dataset.tip;
    tip.classList.add("on");
    const box = mark.getBoundingClientRect();
    const own = tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left + box.width / 2 - own.width / 2, document.documentElement.clientWidth - own.width - 8));
    const above = box.top - own.height - 10;
    tip.setAttribute("data-placed", "");
    place(left, above > 4 ? above : box.bottom + 10);
  };

  // The policy of the page allows no style attributes, but a script may set properties.
  const place = (left, top) => { tip.style.left = left + "px"; tip.style.top = top + "px"; };

  const marks = (plot) => [...plot.querySelectorAll("[data-tip]")].filter((m) => m.getClientRects().length && !m.classList.contains("off"));

  document.querySelectorAll(".plot").forEach((plot) => {
    let at = -1;
    plot.addEventListener("pointerover", (e) => { const m = e.target.closest("[data-tip]"); if (m) show(m); });
    plot.addEventListener("pointerleave", () => show(null));
    plot.addEventListener("blur", () => { at = -1; show(null); });
    plot.addEventListener("keydown", (e) => {
      const all = marks(plot);
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[e.key];
      if (e.key === "Escape") { at = -1; show(null); return; }
      if (!all.length || (!step && e.key !== "Home" && e.key !== "End")) return;
      e.preventDefault();
      at = e.key === "Home" ? 0 : e.key === "End" ? all.length - 1 : Math.max(0, Math.min(at + step, all.length - 1));
      show(all[at]);
    });
  });

  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.sort ?? cell.textContent;
    const number = Number(text);
    return text !== "" && !Number.isNaN(number) ? number : text;
  };

  const compare = (a, b) => {
    if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b);
    return typeof a === "number" ? -1 : 1;
  };

  document.querySelectorAll("table").forEach((table) => {
    if (table.tBodies[0].rows.length < 2) return;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const name = head.textContent;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name || "by name";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        [...head.parentElement.cells].forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? -1 : 1) * compare(value(a, column), value(b, column)));
        table.tBodies[0].append(...rows);
      });
    });
  });

  document.getElementById("tools").hidden = false;
  document.getElementById("filter").addEventListener("input", (e) => {
    const words = e.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    document.querySelectorAll("[data-key]").forEach((row) => {
      const text = row.dataset.key.toLowerCase();
      row.classList.toggle("off", !words.every((w) => text.includes(w)));
    });
  });
})();
