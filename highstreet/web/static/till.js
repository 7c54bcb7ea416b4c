// The till: scan or type, ring up, take money, next customer. Without a connection it sells on; see till-store.js for what it keeps.
import * as store from "./till-store.js";
import { $, drawConnection, drawHeld, drawNeeds, drawReceipt, drawRows, drawStory, drawTiles, fail, money, say, setting, title } from "./till-show.js";
import { byCode, byName } from "./till-find.js";
import { drawQuick, minor, onKeys } from "./till-money.js";
import * as voucher from "./till-voucher.js";

const { place } = setting;
let goods = [];
let lines = []; // [{good, quantity}]
let quoted = null; // the market's price of exactly this basket
let times = 1;
let chosen = -1;
let held = [];
let sold = null;
let paying = null;
let state = { away: false, signedOut: false };

// --- the connection ---

const showConnection = async () => drawConnection(state.away, (await store.waiting(place)).length, state.signedOut);
const heard = (no) => {
  // Only silence and a market that cannot answer mean "away"; a no is an answer.
  state = { away: no ? no.status === 0 || no.status >= 500 : false, signedOut: no?.status === 401 };
  return showConnection();
};

const send = async () => {
  if (!(await store.waiting(place)).length) return showConnection();
  try {
    await store.sendWaiting(place, (answer) => drawNeeds(answer.needs));
    await heard(null);
    $("heard").textContent = say("All sales were sent.");
  } catch (no) {
    await heard(no);
  }
};

const refresh = async () => {
  try {
    const told = await store.fetchGoods(place);
    goods = told.goods;
    drawNeeds(told.needs);
    await heard(null);
  } catch (no) {
    goods = (await store.kept(`goods ${place}`))?.goods ?? goods;
    await heard(no);
  }
  lines = lines.map(({ good, quantity }) => ({ good: goods.find((one) => one.offer === good.offer) ?? good, quantity }));
  find();
  drawBasket();
  $("no-goods").hidden = goods.length > 0;
};

// --- the basket ---

const sum = () => quoted?.total ?? lines.reduce((all, { good, quantity }) => all + good.now * quantity, 0);
const basketName = () => [voucher.code(), ...lines.map(({ good, quantity }) => `${good.offer} ${quantity}`)].join();

const drawBasket = () => {
  drawRows(lines, quoted, change);
  for (const due of document.querySelectorAll("#due, [data-due]")) due.textContent = money(sum());
  const rows = quoted?.story ?? lines.filter(({ good }) => good.was > good.now).map(({ good, quantity }) => ({ text: good.why.join(", ") || title(good), amount: (good.now - good.was) * quantity, by: "seller" }));
  drawStory(rows, state.away && lines.length ? say("Promotions of a whole basket come back with the connection.") : "");
  voucher.draw(quoted, state.away);
  voucher.drawSerials(quoted, (offer) => title(lines.find(({ good }) => good.offer === offer)?.good ?? { title: {} }));
  // Until the market has said what the voucher pays, nobody knows what is due.
  const unsure = Boolean(voucher.code()) && !quoted;
  for (const id of ["pay-cash", "pay-phone", "pay-wallet", "hold"]) $(id).disabled = !lines.length || (unsure && id !== "hold");
  $("pay-phone").disabled ||= state.away || !setting.provider;
  $("pay-wallet").disabled ||= state.away;
  $("recall").disabled = !held.length;
  $("held-count").textContent = held.length;
  $("held-count").hidden = !held.length;
  store.keep(`basket ${place}`, lines.map(({ good, quantity }) => [good.offer, quantity]));
};

let asking;
const reprice = () => {
  quoted = null;
  clearTimeout(asking);
  if (!lines.length || state.away) return;
  asking = setTimeout(async () => {
    const name = basketName();
    try {
      const told = await store.priceOf(place, lines.map(({ good, quantity }) => ({ offer: good.offer, quantity })), voucher.code());
      if (name !== basketName() || document.querySelector("#cash[open], #phone[open], #wallet[open]")) return;
      quoted = told;
      drawBasket();
    } catch (no) {
      if (voucher.code() && no.status >= 400 && no.status < 500 && no.status !== 401) return voucher.refuse(no);
      heard(no);
      drawBasket();
    }
  }, 150);
};

const change = (good, step) => {
  const line = lines.find((one) => one.good.offer === good.offer);
  const wanted = (line?.quantity ?? 0) + step;
  if (wanted > (good.most ?? 9999)) {
    $("heard").textContent = say("Only %(n)s may be sold at once.", { n: good.most ?? 9999 });
    return;
  }
  if (!line && wanted > 0) lines.push({ good, quantity: wanted });
  else if (wanted > 0) line.quantity = wanted;
  else lines = lines.filter((one) => one !== line);
  if (step > 0) $("heard").textContent = say("%(title)s added", { title: `${step > 1 ? `${step} × ` : ""}${title(good)}` });
  reprice();
  drawBasket();
  if (step > 0) $("rows").lastElementChild?.scrollIntoView({ block: "nearest" });
};

const ring = (good) => {
  change(good, times);
  setTimes(1);
  entry.value = "";
  find();
  entry.focus({ preventScroll: true });
};

const clear = () => {
  lines = [];
  quoted = null;
  voucher.forget();
  drawBasket();
  entry.focus({ preventScroll: true });
};

// --- the one field ---

const entry = $("entry");
const setTimes = (count) => {
  times = count;
  $("times").textContent = `${count} ×`;
  $("times").hidden = count === 1;
};
let shown = [];
const find = () => {
  const words = entry.value.trim();
  shown = (words ? byName(goods, words) : goods).slice(0, words ? 12 : 24);
  chosen = -1;
  drawTiles(shown, Boolean(words), ring);
};

const choose = (step) => {
  if (!shown.length) return;
  chosen = (chosen + step + shown.length) % shown.length;
  [...$("tiles").children].forEach((tile, n) => tile.classList.toggle("chosen", n === chosen));
  $("tiles").children[chosen].scrollIntoView({ block: "nearest" });
  $("heard").textContent = title(shown[chosen]);
};

const enter = () => {
  const typed = entry.value.trim();
  const many = typed.match(/^(\d{1,4})\s*[*x×](.+)$/i);
  if (many) setTimes(Math.max(1, Number(many[1])));
  const words = many ? many[2].trim() : typed;
  if (!words) return void (lines.length && openCash());
  if (/^v[\d ]{10,}$/i.test(words)) return void ((entry.value = ""), find(), voucher.take(words));
  const good = byCode(goods, words) ?? (chosen >= 0 ? shown[chosen] : undefined) ?? (byName(goods, words).length === 1 ? byName(goods, words)[0] : undefined);
  if (good) return ring(good);
  if (byName(goods, words).length) return choose(1);
  $("heard").textContent = say("Nothing here is called “%(text)s”, and no bar code is.", { text: words });
  entry.select();
};

$("scan").addEventListener("submit", (event) => {
  event.preventDefault();
  enter();
});
entry.addEventListener("input", () => {
  const count = entry.value.match(/^(\d{1,4})[*×]$/);
  if (count) {
    setTimes(Math.max(1, Number(count[1])));
    entry.value = "";
  }
  find();
});
entry.addEventListener("keydown", (event) => {
  const last = lines.at(-1)?.good;
  const keys = {
    ArrowDown: () => choose(1),
    ArrowUp: () => choose(-1),
    Escape: () => ((entry.value = ""), setTimes(1), find()),
    "+": () => !entry.value && last && change(last, 1),
    "-": () => !entry.value && last && change(last, -1),
    Delete: () => !entry.value && last && change(last, -lines.at(-1).quantity),
  };
  if (!keys[event.key] || ("+-Delete".includes(event.key) && entry.value)) return;
  event.preventDefault();
  keys[event.key]();
});

// --- money ---

const given = () => ($("given").value.trim() ? minor($("given").value) : sum());
const drawChange = () => {
  const got = given();
  $("change").textContent = got === null || got < sum() ? "–" : money(got - sum());
};

const openCash = () => {
  if (!lines.length || $("pay-cash").disabled || document.querySelector("dialog[open]")) return;
  paying = null;
  $("given").value = "";
  $("found-anyway").hidden = true;
  fail("cash-error", "");
  drawQuick(sum(), (written) => (($("given").value = written), drawChange(), $("cash-done").focus()));
  // On a touch screen the page's own keys are larger than the phone's.
  $("given").inputMode = matchMedia("(pointer: coarse)").matches ? "none" : "decimal";
  $("cash").showModal();
  $("given").focus();
  drawChange();
};

const sale = (method, more = {}) => ({
  key: store.newKey(),
  at: new Date().toISOString(),
  total: sum(),
  lines: lines.map(({ good, quantity }) => (quoted ? { offer: good.offer, quantity } : { offer: good.offer, quantity, price: good.price })),
  method,
  lang: setting.lang,
  ...(quoted ? { quote: quoted.text, ...voucher.serials(quoted) } : {}),
  ...more,
});
const remember = (told, got) => {
  const off = (quoted?.story ?? []).filter(({ by }) => by === "public");
  sold = { lines: lines.map(({ good, quantity }) => ({ title: title(good), quantity, sum: quoted?.lines[good.offer] ?? good.now * quantity })), off, total: told.total, given: got, at: told.at, number: "", order: "" };
};
const done = (answer) => {
  sold.number = answer?.number ?? "";
  sold.order = answer?.order ?? "";
  for (const open of document.querySelectorAll("dialog[open]")) open.close();
  for (const line of lines) if (line.good.free !== null) line.good.free -= line.quantity;
  drawReceipt(sold);
  const back = Math.max(0, sold.given - sold.total);
  $("done-label").textContent = back ? $("done-label").dataset.change : $("done-label").dataset.paid;
  $("done-change").textContent = money(back || sold.total);
  $("done-number").textContent = sold.number || say("Kept; gets its number when it is sent");
  clear();
  find();
  $("done").showModal();
  $("next").focus();
  showConnection();
};

// Cash is in the drawer, so the sale has happened: it is kept first, then told. A refusal while the customer stands here is shown.
const takeCash = async (found = false) => {
  const got = given();
  if (got === null || got < sum()) return fail("cash-error", say("Not enough was given."));
  paying ??= sale("cash");
  const mine = paying;
  remember(mine, got);
  $("cash-done").disabled = true;
  try {
    if (state.away) throw new store.No(0);
    const answer = await store.sellNow(place, mine, found);
    await heard(null);
    done(answer);
  } catch (no) {
    if (voucher.code() && (no.status === 0 || no.status >= 500 || no.status === 401)) {
      // Told again with the same key: if it went through after all, it is answered as the first time.
      fail("cash-error", say("No connection: a voucher needs one. Try again, or take the voucher off and sell without it."));
      await heard(no);
    } else if (no.status === 0 || no.status >= 500 || no.status === 401) {
      await store.addWaiting({ key: mine.key, n: Date.now(), place, sale: mine });
      await heard(no);
      done(null);
    } else {
      fail("cash-error", no.code === "out_of_stock" ? say("Our books say there are not enough left. If the goods are in your hand, count them in and sell.") : (no.said[setting.lang] ?? no.code));
      $("found-anyway").textContent = say("The goods are here: count in and sell");
      $("found-anyway").hidden = no.code !== "out_of_stock";
      if (no.code !== "out_of_stock") paying = null;
    }
  } finally {
    $("cash-done").disabled = false;
  }
};

let watching;
const openPhone = async () => {
  if (!lines.length || $("pay-phone").disabled) return;
  const mine = sale(setting.provider);
  remember(mine, 0);
  $("phone-qr").replaceChildren();
  $("phone-said").textContent = say("Waiting for the customer's payment …");
  $("phone").showModal();
  let answer;
  try {
    answer = await store.sellNow(place, mine, false);
  } catch (no) {
    heard(no);
    $("phone-said").textContent = no.said[setting.lang] ?? say("This needs a connection.");
    return;
  }
  $("phone-qr").innerHTML = answer.qr ?? "";
  $("phone").dataset.order = answer.order;
  const look = async () => {
    const now = await store.stateOf(answer.order).catch(() => null);
    if (!$("phone").open || $("phone").dataset.order !== answer.order) return;
    if (now?.stage === "done") return done(answer);
    if (now?.stage === "undone") return void ($("phone-said").textContent = say("The payment was not made."));
    watching = setTimeout(look, 1500);
  };
  look();
};
const stopPhone = async () => {
  clearTimeout(watching);
  const { order } = $("phone").dataset;
  delete $("phone").dataset.order;
  if (order) await store.giveUp(place, order).catch(() => null);
  $("phone").close();
};

$("wallet-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = $("wallet-code").value.trim();
  if (!code) return;
  if (paying?.code !== code) paying = sale("wallet", { code });
  remember(paying, 0);
  try {
    done(await store.sellNow(place, paying, false));
  } catch (no) {
    heard(no);
    if (no.status >= 400 && no.status < 500) paying = null;
    fail("wallet-error", no.said[setting.lang] ?? say("This needs a connection."));
    $("wallet-code").select();
  }
});

// --- hold and recall ---

const hold = () => {
  if (!lines.length) return held.length ? recall() : undefined;
  held.push({ at: new Date().toISOString(), lines: lines.map(({ good, quantity }) => [good.offer, quantity]) });
  store.keep(`held ${place}`, held);
  clear();
};
const toLines = (listed) => listed.map(([offer, quantity]) => ({ good: goods.find((one) => one.offer === offer), quantity })).filter(({ good }) => good);
const recall = () => {
  drawHeld(
    held.map((one) => ({ at: one.at, words: toLines(one.lines).map(({ good, quantity }) => `${quantity} × ${title(good)}`).join(", ") })),
    (n) => {
      const [one] = held.splice(n, 1);
      if (lines.length) hold();
      lines = toLines(one.lines);
      store.keep(`held ${place}`, held);
      $("held").close();
      reprice();
      drawBasket();
    },
  );
  $("held").showModal();
};

const on = (id, act) => $(id).addEventListener("click", act);
on("pay-cash", openCash);
on("pay-phone", openPhone);
on("pay-wallet", () => ((paying = null), ($("wallet-code").value = ""), fail("wallet-error", ""), $("wallet").showModal(), $("wallet-code").focus()));
on("hold", hold);
on("recall", recall);
on("found-anyway", () => takeCash(true));
on("phone-stop", stopPhone);
on("print", () => window.print());
on("next", () => $("done").close());
$("phone").addEventListener("cancel", (event) => (event.preventDefault(), stopPhone()));
$("done").addEventListener("close", () => entry.focus({ preventScroll: true }));
$("given").addEventListener("input", drawChange);
$("cash-form").addEventListener("submit", (event) => (event.preventDefault(), takeCash()));
onKeys(drawChange);
document.addEventListener("keydown", (event) => {
  const open = document.querySelector("dialog[open]");
  if (event.key.toLowerCase() === "p" && open?.id === "done") return void (event.preventDefault(), window.print());
  const keys = { F2: () => (entry.focus(), entry.select()), F4: hold, F6: voucher.open, F8: openCash, F9: openPhone };
  if (keys[event.key] && !open) return void (event.preventDefault(), keys[event.key]());
  // A scanner types wherever it is: what it types belongs into the one field.
  const free = document.activeElement === document.body || document.activeElement?.closest(".tiles, .rows");
  if (!open && free && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) entry.focus();
});
window.addEventListener("online", send);
window.addEventListener("offline", () => heard(new store.No(0)));

voucher.start(() => ((paying = null), reprice(), drawBasket(), entry.focus({ preventScroll: true })), () => state.away);

const start = async () => {
  navigator.storage?.persist?.();
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/till/worker.js", { scope: "/till" });
  held = (await store.kept(`held ${place}`)) ?? [];
  goods = (await store.kept(`goods ${place}`))?.goods ?? [];
  lines = toLines((await store.kept(`basket ${place}`)) ?? []);
  find();
  drawBasket();
  await refresh();
  await send();
  reprice();
  setInterval(async () => (state.away || (await store.waiting(place)).length ? (await send(), state.away && refresh()) : undefined), 6000);
  setInterval(refresh, 600_000);
};
start();
