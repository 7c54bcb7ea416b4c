"""The web process: builds every route from the wiring."""
