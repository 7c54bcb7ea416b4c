"""Takes the pictures of docs/pictures from a market just opened with the named town: `python checks/pictures.py [URL]`.

Times of the town are of the moment it was founded, so take them within a few minutes of `make demo` on an empty `data/`.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
WIDE, TALL, PHONE = (1280, 860), (1280, 1330), (390, 844)

# name: who is signed in, language, light or dark, size, where, and the first thing to click there
SHOTS = {
    "front": ("", "en", "light", TALL, "/", ""),
    "offer-phone": ("", "zh", "light", PHONE, "/search?q=茶", 'a[href^="/offers/"]'),
    "order-phone": ("Lin Mei", "zh", "dark", PHONE, "/orders", 'a[href^="/orders/ord"]'),
    "courier-phone": ("Ma Chuan", "zh", "light", PHONE, "/courier", ""),
    "merchant": ("Baker Wu", "en", "light", WIDE, "/merchant", ""),
    "till": ("Little Ding", "en", "light", WIDE, "/till", ""),
    "operator": ("Zhou Ming", "en", "light", WIDE, "/operator", ""),
}


def page_of(browser: Browser, url: str, who: str, lang: str, colours: str, size: tuple[int, int]) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN" if lang == "zh" else "en-GB",
        color_scheme="dark" if colours == "dark" else "light",
        device_scale_factor=2 if size == PHONE else 1,
        base_url=url,
    )
    page = context.new_page()
    if who:
        page.goto("/sign-in")
        page.get_by_text(who).first.click()
        page.wait_for_load_state("load")
    return page


def take(page: Page, name: str, where: str, first: str) -> None:
    page.goto(where)
    if first:
        page.locator(first).first.click()
    if name == "till":
        for n in (0, 1, 4):
            page.locator(".tile, [data-offer]").nth(n).click()
    page.wait_for_load_state("load")
    page.wait_for_function("[...document.images].every(one => one.complete || one.loading === 'lazy')")
    with Image.open(io.BytesIO(page.screenshot(animations="disabled"))) as shot:
        shot.convert("RGB").save(FOLDER / f"{name}.webp", quality=82, method=6)


def main(url: str) -> int:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        print("There is no Chromium on this machine; Debian's comes with: apt-get install chromium")
        return 1
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name, (who, lang, colours, size, where, first) in SHOTS.items():
            take(page_of(browser, url, who, lang, colours, size), name, where, first)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
