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
