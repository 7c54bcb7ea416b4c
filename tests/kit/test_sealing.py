"""What is sealed opens only for its owner, and signed texts only for their use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highstreet.kit.sealing import Seal
from highstreet.kit.signing import Signer

TOWN = b"a town's key of at least thirty-two bytes"
seal = Seal(TOWN)


@given(st.binary(max_size=500))
def test_what_is_sealed_opens_again(plain) -> None:
    key = seal.new_key("pur_1")
    assert seal.open("pur_1", key, seal.close("pur_1", key, plain)) == plain


def test_a_sealed_text_moved_to_another_row_does_not_open() -> None:
    mine, yours = seal.new_key("pur_1"), seal.new_key("pur_2")
    sealed = seal.close("pur_1", mine, b"12 Riverside Lane")
    for owner, key in (("pur_2", mine), ("pur_2", yours), ("pur_1", yours)):
        with pytest.raises(ValueError, match="somebody else"):
            seal.open(owner, key, sealed)


def test_another_town_cannot_open_it() -> None:
    key = seal.new_key("pur_1")
    with pytest.raises(ValueError, match="somebody else"):
        Seal(b"another town's key of thirty-two bytes!").open("pur_1", key, seal.close("pur_1", key, b"x"))


@given(st.binary(min_size=1, max_size=60), st.integers(0, 200))
def test_a_damaged_seal_is_noticed(plain, place) -> None:
    key = seal.new_key("pur_1")
    sealed = bytearray(seal.close("pur_1", key, plain))
    sealed[place % len(sealed)] ^= 1
    with pytest.raises(ValueError, match="damaged"):
        seal.open("pur_1", key, bytes(sealed))


def test_the_same_phone_is_found_again_without_being_stored() -> None:
    assert seal.blind("phone", "13800000000") == seal.blind("phone", "13800000000")
    assert seal.blind("phone", "13800000000") != seal.blind("email", "13800000000")
    assert b"138" not in seal.blind("phone", "13800000000")


@given(st.binary(max_size=300))
def test_a_signed_text_is_read_again_and_only_for_its_use(body) -> None:
    text = Signer(TOWN, "quote").sign(body)
    assert Signer(TOWN, "quote").read(text) == body
    assert Signer(TOWN, "order link").read(text) is None


@given(st.text(max_size=100))
def test_a_text_we_never_signed_is_not_read(text) -> None:
    assert Signer(TOWN, "quote").read(text) is None


def test_codes_of_digits_are_the_same_every_time_and_differ_by_leg() -> None:
    signer = Signer(TOWN, "pick-up code")
    assert signer.digits("leg_1", 6) == signer.digits("leg_1", 6)
    assert signer.digits("leg_1", 6) != signer.digits("leg_2", 6)
    assert len(signer.digits("leg_1", 6)) == 6
