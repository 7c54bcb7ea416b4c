"""What may be a live room's picture, and what of its chat waits for the host: judged by what a reader sees, however it is written."""

from __future__ import annotations

import pytest

from highstreet.catalog.chat import why_held
from highstreet.catalog.video import read_video
from highstreet.kit.errors import Malformed


def test_a_video_is_a_known_player_or_a_stream_and_nothing_else():
    assert read_video("  ") is None
    for url, kind, origin in (
        ("https://player.bilibili.com/player.html?bvid=BV1xx&autoplay=0", "player", "https://player.bilibili.com"),
        ("https://www.youtube-nocookie.com/embed/abc_-1", "player", "https://www.youtube-nocookie.com"),
        ("https://live.town.example/hall/one.m3u8?key=1", "stream", "https://live.town.example"),
    ):  # fmt: skip
        found = read_video(url)
        assert found is not None and (found.kind, found.origin) == (kind, origin)
    for bad in (
        "javascript:alert(1)", "JaVaScRiPt://player.bilibili.com/player.html", "http://live.town.example/a.m3u8", "//x.example/a.mp4",
        "data:text/html,x", "https://evil.example/watch", "https://player.bilibili.com/other", "https://player.bilibili.com.evil.example/p",
        "https://user@live.town.example/a.mp4", "https://live.town.example:8443/a.mp4", "https://live.town.example/a.mp4\" onload=x",
        "https://live.town.example/a.mp4; frame-src *", "https://localhost/a.mp4", "https://127.0.0.1/a.mp4", "https://x.example\\@y/a.mp4",
        "https://live.town.example/" + "a" * 500 + ".mp4", "https://live.town.example/a.html#x.mp4", "https://视频.example/a.mp4",
    ):  # fmt: skip
        with pytest.raises(Malformed):
            read_video(bad)


def test_links_numbers_and_the_rooms_words_wait_for_the_host():
    words = ["fake", "假货"]
    for text, why in (
        ("How long is it?", ""), ("这条多长？100 块以内吗", ""), ("Size 36 or 38, 148 yuan, 2 of them", ""),
        ("look at HTTPS://x.example", "link"), ("ｗｗｗ．ｘ．ｃｎ", "link"), ("shop dot com: evil.c\u200bom", "link"),
        ("加 V 聊", "link"), ("微 信见", "link"),
        ("call 138 0000 1234", "number"), ("１３８００００１２３４", "number"), ("138-0000-12-34", "number"),
        ("This is FAKE", "word"), ("都是假 货", "word"),
    ):  # fmt: skip
        assert why_held(text, words) == why, text
