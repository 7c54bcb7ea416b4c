"""The town's e-book: a small real EPUB, made of two stories in both languages."""

# ruff: noqa: E501  (one paragraph, one line)

from __future__ import annotations

import io
import zipfile

_STORIES = (
    ("The ferryman who counted stars", "数星星的摆渡人",
     "Every night the ferryman counted the stars in the water, because those in the sky would not hold still. One night he counted one more than the night before. It was a lantern, and under it sat a child who had missed the last boat.",
     "摆渡人每晚数水里的星星，因为天上的总不肯待着不动。有一夜他多数出一颗，原来是一盏灯笼，灯下坐着个误了末班船的孩子。"),
    ("Three bridges", "三座桥",
     "The first bridge was built for the fish sellers, the second for the bride, the third because two neighbours would not use each other's. All three carry the same moon.",
     "第一座桥为卖鱼人而建，第二座为新娘，第三座是因为两家邻居不肯走对方的桥。三座桥上，是同一轮月亮。"),
)  # fmt: skip
_STAMP = (2026, 11, 20, 10, 0, 0)


def epub() -> bytes:
    """The file, the same bytes every time."""
    chapters = "".join(
        f"<h2>{en} {zh}</h2><p>{told}</p><p>{told_zh}</p>" for en, zh, told, told_zh in _STORIES
    )
    page = (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title>Stories of the Lake</title></head><body><h1>Stories of the Lake 湖上故事</h1>{chapters}</body></html>"
    )
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">lantern-ferry-stories</dc:identifier>'
        "<dc:title>Stories of the Lake</dc:title><dc:language>en</dc:language><dc:creator>Xu Shu 许舒</dc:creator>"
        '<meta property="dcterms:modified">2026-11-20T02:00:00Z</meta></metadata>'
        '<manifest><item id="book" href="book.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest>'
        '<spine><itemref idref="book"/></spine></package>'
    )
    container = (
        '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as book:
        for name, text in (
            ("mimetype", "application/epub+zip"),
            ("META-INF/container.xml", container),
            ("book.opf", package),
            ("book.xhtml", page),
        ):
            book.writestr(zipfile.ZipInfo(name, _STAMP), text)
    return written.getvalue()
