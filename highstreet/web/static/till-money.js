// Sums as people type and hand them over.
import { $, money, setting, text } from "./till-show.js";

const unit = 10 ** setting.digits;

// What somebody typed, in minor units; null when it is no amount.
export const minor = (words) => {
  const value = Number(words.trim().replace(/[,，]/g, "").replace(setting.sign, ""));
  return words.trim() && Number.isFinite(value) && value >= 0 ? Math.round(value * unit) : null;
};

// The sums a customer is likely to hand over: exactly, or with the next notes.
export const drawQuick = (due, choose) => {
  const notes = [5, 10, 20, 50, 100, 200].map((step) => Math.ceil(due / (step * unit)) * step * unit);
  const sums = [...new Set([due, ...notes])].filter((one) => one > 0).sort((a, b) => a - b);
  $("quick").replaceChildren(
    ...sums.slice(0, 5).map((one, n) => {
      const button = text("button", n ? money(one) : $("quick").dataset.exact, "button plain");
      button.type = "button";
      button.addEventListener("click", () => choose(String(one / unit)));
      return button;
    }),
  );
};

// The page's own keys write the sum that was given.
export const onKeys = (after) =>
  $("keys").addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (!key) return;
    $("given").value = key === "back" ? $("given").value.slice(0, -1) : $("given").value + key;
    after();
  });
