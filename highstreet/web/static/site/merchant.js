// The little a shop's desk needs beside htmx: taking one's position for a place.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-position]") || !navigator.geolocation) return;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      for (const [name, value] of [["lat", coords.latitude], ["lon", coords.longitude]]) {
        const field = document.getElementById(`f-${name}`);
        if (field) field.value = value.toFixed(5);
      }
    });
  });
})();
