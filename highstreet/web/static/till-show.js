// How the till looks: rows, tiles, sums, receipts. It changes nothing but the page.

const root = document.getElementById("till");
export const setting = JSON.parse(root.dataset.setting);
export const $ = (id) => document.getElementById(id);

export const say = (text, values = {}) => (setting.words[text] ?? text).replace(/%\((\w+)\)s/g, (_, name) => values[name]);
export const title = (good) => good.title[setting.lang] || good.title.en || good.title.zh;
export const money = (minor) => {
  const digits = setting.digits;
  const told = (Math.abs(minor) / 10 ** digits).toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${minor < 0 ? "−" : ""}${setting.sign}${told}`;
};
export const clock = (moment) => new Date(moment).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
export const text = (tag, words, kind = "") => {
  const made = document.createElement(tag);
  made.textContent = words;
  if (kind) made.className = kind;
  return made;
};

export const fail = (which, words) => {
  $(which).textContent = words;
  $(which).hidden = !words;
};

const copy = (name) => $(name).content.firstElementChild.cloneNode(true);

export const drawRows = (lines, quoted, act) => {
  const rows = lines.map(({ good, quantity }) => {
    const row = copy("t-row");
    row.dataset.offer = good.offer;
    row.querySelector("img").src = good.picture;
    row.querySelector("strong").textContent = title(good);
    row.querySelector("small").textContent = [good.options, `${money(good.now)} ${say("each")}`].filter(Boolean).join(" · ");
    row.querySelector("output").textContent = quantity;
    row.querySelector(".row-sum").textContent = money(quoted?.lines[good.offer] ?? good.now * quantity);
    const buttons = { "[data-less]": ["one less", -1], "[data-more]": ["one more", 1], "[data-gone]": ["Remove", -quantity] };
    for (const [which, [label, step]] of Object.entries(buttons)) {
      const button = row.querySelector(which);
      button.setAttribute("aria-label", `${say(label)}: ${title(good)}`);
      button.addEventListener("click", () => act(good, step));
    }
    return row;
  });
  $("rows").replaceChildren(...rows);
};

export const drawTiles = (goods, searching, act) => {
  $("tiles-head").textContent = searching ? $("tiles-head").dataset.found : $("tiles-head").dataset.all;
  $("tiles-head").hidden = !goods.length;
  $("tiles").replaceChildren(
    ...goods.map((good) => {
      const tile = copy("t-tile");
      tile.querySelector("img").src = good.picture;
      tile.querySelector(".tile-name").textContent = [title(good), good.options].filter(Boolean).join(" · ");
      tile.querySelector(".tile-price strong").textContent = money(good.now);
      if (good.was > good.now) tile.querySelector("s").textContent = money(good.was);
      const left = good.free === null || good.free > 5 ? "" : good.free > 0 ? say("%(n)s left", { n: good.free }) : say("sold out by our books");
      tile.querySelector("small").textContent = left;
      tile.addEventListener("click", () => act(good));
      return tile;
    }),
  );
};

export const drawStory = (rows, note) => {
  $("story").hidden = !rows.length;
  $("story").replaceChildren(
    ...rows.map(({ text: words, amount, by }) => {
      const row = document.createElement("div");
      row.className = `by-${by}`;
      const dot = text("i", "", "dot");
      const term = text("dt", "");
      term.append(dot, ` ${words}`);
      row.append(term, text("dd", money(amount), "money off"));
      return row;
    }),
  );
  $("story-note").textContent = note;
};

// Sales set aside: held: [{at, words}]; choose is told which.
export const drawHeld = (held, choose) =>
  $("held-list").replaceChildren(
    ...held.map(({ at, words }, n) => {
      const row = text("li", "");
      const said = text("div", "", "item-text");
      said.append(text("strong", say("Held at %(time)s", { time: clock(at) })), text("small", words));
      const button = Object.assign(text("button", "→", "button plain"), { type: "button" });
      button.setAttribute("aria-label", said.textContent);
      button.addEventListener("click", () => choose(n));
      row.append(said, button);
      return row;
    }),
  );

const pair = (left, right) => {
  const row = text("p", "", "row");
  row.append(text("span", left), text("span", right));
  return row;
};

// sold: {lines: [{title, quantity, sum}], total, given, number, order, at}
export const drawReceipt = (sold) => {
  $("receipt-lines").replaceChildren(...sold.lines.map((line) => pair(`${line.quantity} × ${line.title}`, money(line.sum))));
  $("receipt-total").textContent = money(sold.total);
  $("receipt-off").hidden = !sold.off?.length;
  $("receipt-off").replaceChildren(...(sold.off ?? []).map((one) => pair(say("paid by %(name)s", { name: one.text }), money(-one.amount))));
  const paid = $("receipt-paid");
  paid.replaceChildren(...(sold.given > sold.total ? [pair(paid.dataset.given, money(sold.given)), pair(paid.dataset.change, money(sold.given - sold.total))] : []));
  $("receipt-number").textContent = sold.number || say("Kept; gets its number when it is sent");
  $("receipt-at").textContent = `${new Date(sold.at).toLocaleDateString("en-CA")} ${clock(sold.at)}`;
  const code = $("receipt-code");
  code.hidden = $("receipt-note").hidden = !sold.order;
  if (sold.order) code.src = `/till/receipts/${sold.order}/code.svg`;
};

export const drawConnection = (away, count, signedOut) => {
  const line = $("line-state");
  line.dataset.state = signedOut ? "out" : away ? "away" : "here";
  const words = signedOut ? "Please sign in again, so that what waits can be sent." : away ? "No connection. Sales are kept here and sent later." : "Connected";
  $("line-text").textContent = say(words);
  $("waiting-text").textContent = count ? say("waiting to be sent: %(n)s", { n: count }) : "";
};

export const drawNeeds = (count) => {
  const badge = document.querySelector('.surface a[href="/till/needs-you"] .count');
  if (!badge) return;
  badge.textContent = count;
  badge.hidden = !count;
};
