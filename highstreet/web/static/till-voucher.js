// The customer's voucher: a code for this sale alone, scanned or typed. It needs the market; without a connection the till says so.
import { $, fail, money, say, setting } from "./till-show.js";

let shown = "";
let changed = () => {};
let isAway = () => false;

export const code = () => shown;
export const forget = () => (shown = "");
export const take = (typed) => {
  shown = typed.replace(/[\s-]/g, "");
  fail("voucher-error", "");
  $("voucher").close();
  changed();
};
export const open = () => {
  if (isAway() || document.querySelector("dialog[open]")) return;
  $("voucher-code").value = "";
  fail("voucher-error", "");
  $("voucher").showModal();
  $("voucher-code").focus();
};
export const refuse = (no) => {
  forget();
  changed();
  open();
  fail("voucher-error", no.said[setting.lang] ?? no.code);
};

// What it does to this sale, or why it does nothing.
export const draw = (quoted, away) => {
  $("voucher-line").hidden = !shown && !away;
  $("voucher-off").hidden = !shown;
  $("pay-voucher").disabled = away;
  const told = shown ? quoted?.voucher : undefined;
  $("voucher-line").dataset.state = !told ? "wait" : told.off ? "good" : "none";
  if (away) $("voucher-said").textContent = say("Vouchers need the connection. Selling without them goes on.");
  else if (!told) $("voucher-said").textContent = shown ? say("Looking at the voucher …") : "";
  else if (told.off) $("voucher-said").textContent = say("Public money pays %(amount)s of this sale.", { amount: money(told.off) });
  else $("voucher-said").textContent = [say("Nothing of theirs can be used for this sale."), ...(told.has.length ? told.has : [say("They have no voucher.")])].join(" ");
};

// Subsidised things leave with their serial number told: one field for each, which keeps what was typed while the price is asked again.
export const drawSerials = (quoted, named) => {
  const wanted = quoted?.serials ?? [];
  $("serials").hidden = !wanted.length;
  for (const field of $("serials").querySelectorAll("input")) if (quoted && !wanted.includes(field.name)) field.closest("label").remove();
  for (const offer of wanted) {
    if ($("serials").querySelector(`input[name="${offer}"]`)) continue;
    const label = document.createElement("label");
    const field = Object.assign(document.createElement("input"), { name: offer, autocomplete: "off", spellcheck: false });
    const box = Object.assign(document.createElement("div"), { className: "input" });
    box.append(field);
    label.append(`${$("serials").dataset.label}: ${named(offer)}`, box);
    $("serials").append(label);
  }
};
export const serials = (quoted) => {
  const told = [...$("serials").querySelectorAll("input")].filter(({ name, value }) => quoted?.serials?.includes(name) && value.trim());
  return told.length ? { serials: Object.fromEntries(told.map(({ name, value }) => [name, value.trim()])) } : {};
};

// after: what the till does when a voucher comes or goes; away: whether there is no connection.
export const start = (after, away) => {
  changed = after;
  isAway = away;
  $("pay-voucher").addEventListener("click", open);
  $("voucher-off").addEventListener("click", () => (forget(), changed()));
  $("voucher-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if ($("voucher-code").value.trim()) take($("voucher-code").value);
  });
};
