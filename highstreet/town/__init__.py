"""Lantern Ferry (灯渡镇), the named town: used by tests, screenshots and the demonstration, and grown by `highstreet town`.

What it is: people.py, shops.py, goods.py. How it comes into a database: loading.py.
"""
