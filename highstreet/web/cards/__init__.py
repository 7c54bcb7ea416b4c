"""Prepaid cards for those who buy: a shop's card and buying it, one's own cards, paying with them, and taking back what is left."""

from __future__ import annotations

from typing import Any

from highstreet.web.cards.buying import ask, buy, paying, shop_card
from highstreet.web.cards.mine import card, cards, code, give_back, statement

ROUTES: list[Any] = [shop_card, buy, paying, ask, cards, card, code, give_back, statement]
