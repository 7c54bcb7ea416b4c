// The little that pages cannot do alone: remember a look, send the CSRF token, open dialogs, listen for news, step a number.
(() => {
  "use strict";
  const root = document.documentElement;
  const said = () => document.getElementById("said");

  const keep = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
  };

  // Theme and size change at once; the language needs the server's words, so that button submits as usual.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-look-elder], [data-look-theme]");
    if (!button) return;
    event.preventDefault();
    if (button.hasAttribute("data-look-elder")) {
      const on = root.toggleAttribute("data-elder");
      keep("elder", on ? "1" : "0");
      button.setAttribute("aria-pressed", String(on));
      return;
    }
    const dark = root.dataset.theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : root.dataset.theme === "dark";
    root.dataset.theme = dark ? "light" : "dark";
    keep("theme", root.dataset.theme);
    button.setAttribute("aria-pressed", String(!dark));
  });

  const say = (text, kind = "info") => {
    const notice = document.createElement("div");
    notice.className = `notice ${kind}`;
    const words = document.createElement("p");
    words.textContent = text;
    const sign = { info: "info", good: "check", warn: "warn", refusal: "stop" }[kind] ?? "info";
    notice.innerHTML = `<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#${sign}"></use></svg>`;
    notice.append(words);
    said()?.append(notice);
    closable(notice);
  };

  const closable = (notice) => {
    if (notice.querySelector(":scope > button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", said()?.dataset.close ?? "×");
    button.addEventListener("click", () => notice.remove());
    notice.append(button);
  };

  // A refusal answers 4xx with a notice: it is shown where notices live, never in place of what the person was doing.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, isError } = event.detail;
    if (!isError || xhr.status >= 500 || xhr.getResponseHeader("HX-Retarget")) return;
    event.detail.target = said();
    event.detail.swapOverride = "innerHTML";
    event.detail.selectOverride = ".notice";
  });
  document.addEventListener("htmx:afterSwap", () => said()?.querySelectorAll(".notice").forEach(closable));
  document.addEventListener("htmx:sendError", () => say(said()?.dataset.offline ?? "", "warn"));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) say(said()?.dataset.broken ?? "", "refusal");
  });
  // A page may answer with the header HX-Trigger: {"said": {"text": "...", "kind": "good"}}.
  document.addEventListener("said", (event) => say(event.detail.text ?? event.detail.value, event.detail.kind));
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["x-csrftoken"] = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest("[data-closes]") || event.target.tagName === "DIALOG") event.target.closest("dialog")?.close();
    if (event.target.closest("[data-prints]")) window.print();
    const step = event.target.closest("[data-step]");
    if (step) {
      const input = step.parentElement.querySelector("input");
      const next = Number(input.value) + Number(step.dataset.step);
      input.value = Math.min(Number(input.max), Math.max(Number(input.min), next));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  // <div data-live="/orders/1/news" hx-get="/orders/1" hx-trigger="live" ...>: every event fetches the part anew.
  const listen = (scope) => {
    for (const part of scope.querySelectorAll("[data-live]")) {
      if (part.news) continue;
      part.news = new EventSource(part.dataset.live);
      part.news.onmessage = (event) => {
        if (!part.isConnected) part.news.close();
        else part.dispatchEvent(new CustomEvent("live", { detail: event.data }));
      };
    }
  };

  const tick = () => {
    for (const clock of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.round((Date.parse(clock.dateTime) - Date.now()) / 1000));
      clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    }
  };

  listen(document);
  document.addEventListener("htmx:load", (event) => listen(event.target));
  said()?.querySelectorAll(".notice").forEach(closable);
  if (document.querySelector("[data-until]")) {
    tick();
    setInterval(tick, 1000);
  }
})();
