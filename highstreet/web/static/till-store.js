// What a till keeps on its own: goods with signed prices, held sales, and sales waiting to be sent, in order and each with its key.

const opened = new Promise((done, failed) => {
  const asked = indexedDB.open("till", 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("kept");
    asked.result.createObjectStore("waiting", { keyPath: "key" });
  };
  asked.onsuccess = () => done(asked.result);
  asked.onerror = () => failed(asked.error);
});

const inStore = async (store, mode, act) => {
  const db = await opened;
  return new Promise((done, failed) => {
    const tx = db.transaction(store, mode);
    const asked = act(tx.objectStore(store));
    tx.oncomplete = () => done(asked.result);
    tx.onerror = tx.onabort = () => failed(tx.error);
  });
};

export const keep = (name, value) => inStore("kept", "readwrite", (store) => store.put(value, name));
export const kept = (name) => inStore("kept", "readonly", (store) => store.get(name));
export const addWaiting = (one) => inStore("waiting", "readwrite", (store) => store.put(one));
const dropWaiting = (key) => inStore("waiting", "readwrite", (store) => store.delete(key));

export const waiting = async (place) => {
  const all = await inStore("waiting", "readonly", (store) => store.getAll());
  return all.filter((one) => one.place === place).sort((a, b) => a.n - b.n);
};

// A no of the market: its code and its sentence in both languages. `status` 0: nobody answered.
export class No extends Error {
  constructor(status, body) {
    super(body?.code ?? "away");
    this.status = status;
    this.code = body?.code ?? "away";
    this.said = body?.said ?? {};
  }
}

let csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export const ask = async (path, body = undefined, seconds = 8) => {
  const about = { credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(seconds * 1000), headers: {} };
  if (body !== undefined) {
    about.method = "POST";
    about.body = JSON.stringify(body);
    about.headers = { "content-type": "application/json", "x-csrftoken": csrf };
  }
  let answer;
  try {
    answer = await fetch(path, about);
  } catch {
    throw new No(0);
  }
  if (answer.type === "opaqueredirect") throw new No(401, { code: "sign_in_first" });
  const told = await answer.json().catch(() => null);
  if (!answer.ok || told === null) throw new No(answer.ok ? 502 : answer.status, told);
  return told;
};

// The goods as the market sells them now; also a fresh token for what is sent next.
export const fetchGoods = async (place) => {
  const told = await ask(`/till/goods?place=${encodeURIComponent(place)}`, undefined, 20);
  csrf = told.csrf || csrf;
  await keep(`goods ${place}`, told);
  return told;
};

const askFresh = async (place, path, body) => {
  try {
    return await ask(path, body);
  } catch (no) {
    // A page kept from yesterday carries yesterday's token.
    if (no.status !== 403 || no.code === "not_allowed") throw no;
    await fetchGoods(place);
    return ask(path, body);
  }
};

export const sellNow = async (place, sale, found) => (await askFresh(place, "/till/sales", { place, sales: [sale], live: true, found })).sales[0];
export const priceOf = (place, lines, voucher) => askFresh(place, "/till/quote", { place, lines, voucher });
export const stateOf = (order) => ask(`/till/sales/${order}`);
export const giveUp = (place, order) => askFresh(place, `/till/sales/${order}/cancel`, {});

// Outside https a browser has neither keys nor locks to give; the till still sells, with keys as good as those.
export const newKey = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
const alone = (act) => (navigator.locks ? navigator.locks.request("till-sending", act) : act());

// Send what waits, oldest first. What was answered leaves the list; the first silence ends the round, nothing is lost or doubled.
export const sendWaiting = (place, told) =>
  alone(async () => {
    for (let batch = await waiting(place); batch.length; batch = await waiting(place)) {
      const now = batch.slice(0, 20);
      const answer = await askFresh(place, "/till/sales", { place, sales: now.map((one) => one.sale) });
      for (const one of answer.sales) await dropWaiting(one.key);
      told(answer);
      if (answer.sales.length < now.length) return;
    }
  });
