// For a phone on the move: say where it is when asked to, and send again what met silence. Keys in the forms make that safe.
(() => {
  "use strict";

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-here]");
    if (!form || form.lat.value) return;
    event.preventDefault();
    const said = form.querySelector("[data-here-said]");
    const failed = () => (said.textContent = said.dataset.failed);
    if (!navigator.geolocation) return failed();
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.lat.value = coords.latitude.toFixed(3);
        form.lon.value = coords.longitude.toFixed(3);
        form.submit();
      },
      failed,
      { timeout: 10_000, maximumAge: 60_000 },
    );
  });

  const waits = new WeakMap();
  const again = (form) => {
    clearTimeout(waits.get(form));
    const said = form.querySelector(".again") ?? form.appendChild(Object.assign(document.createElement("p"), { className: "again" }));
    said.setAttribute("role", "status");
    said.textContent = form.dataset.again;
    waits.set(form, setTimeout(() => form.requestSubmit(), navigator.onLine ? 3000 : 6000));
  };
  for (const what of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(what, (event) => event.target.matches?.("[data-again]") && again(event.target));
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) event.target.querySelector?.(".again")?.remove();
  });
  window.addEventListener("online", () => {
    for (const form of document.querySelectorAll("form[data-again]:has(.again)")) form.requestSubmit();
  });
})();
