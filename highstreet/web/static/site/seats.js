// The seat map: arrow keys from seat to seat, the size of the plan, and what was chosen read out. Without it every box still works.
(() => {
  const boxes = (row) => [...row.querySelectorAll("input[type=checkbox]")];

  const nearest = (from, row) => {
    const x = from.getBoundingClientRect().left;
    return boxes(row).reduce((best, box) => {
      const off = Math.abs(box.getBoundingClientRect().left - x);
      return !box.disabled && (!best || off < best.off) ? { box, off } : best;
    }, null)?.box;
  };

  const beside = (box, step) => {
    const all = boxes(box.closest(".hall-row")).filter((one) => !one.disabled);
    return all[all.indexOf(box) + step];
  };

  const across = (box, step) => {
    const rows = [...box.closest(".hall").querySelectorAll(".hall-row")];
    for (let at = rows.indexOf(box.closest(".hall-row")) + step; rows[at]; at += step) {
      const found = nearest(box, rows[at]);
      if (found) return found;
    }
    return null;
  };

  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.(".hall input[type=checkbox]");
    const next = box && { ArrowLeft: () => beside(box, -1), ArrowRight: () => beside(box, 1), ArrowUp: () => across(box, -1), ArrowDown: () => across(box, 1) }[event.key]?.();
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });

  document.addEventListener("click", (event) => {
    const zoom = event.target.closest("[data-zoom]");
    const view = zoom?.closest(".seats-pick").querySelector(".hall-view");
    if (view) view.dataset.size = Math.min(3, Math.max(0, Number(view.dataset.size ?? 1) + Number(zoom.dataset.zoom)));
  });

  document.addEventListener("change", (event) => {
    const pick = event.target.closest(".hall input[type=checkbox]")?.closest(".seats-pick");
    const said = pick?.querySelector(".hall-chosen");
    if (!said) return;
    const chosen = [...pick.querySelectorAll(".hall input:checked")];
    const cents = chosen.reduce((sum, box) => sum + Number(box.dataset.price), 0);
    const digits = (said.dataset.sign.split(".")[1] ?? "").length;
    const amount = said.dataset.sign.replace(/0(\.0+)?/, (cents / 10 ** digits).toFixed(digits));
    said.textContent = chosen.length ? `${chosen.map((box) => box.dataset.spoken).join(" · ")} · ${amount}` : said.dataset.none;
  });
})();
