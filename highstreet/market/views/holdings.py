"""Holdings: all that rules ask about one buyer and the sellers of a basket, read at once: a price is told in one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from highstreet.kit.db import Tx
from highstreet.policy import BARRED, Claim, Had

MOST_CLAIMS = 8  # looked at together; who has more spends what lapses first


class Enrolled(msgspec.Struct, frozen=True):
    """A seller in a programme, and what its office found true of it there."""

    programme_id: str
    seller_id: str
    qualities: list[str]


class Holdings(msgspec.Struct, frozen=True):
    """claims: that may be spent now, what lapses first coming first; rules: of their programmes, by id; qualities: of the person.

    bars: sellers that may not take part, by programme; the claims of a programme the person is barred from are not among `claims`.
    owns: the person's own businesses, where public money is not for them.
    """

    claims: list[Claim]
    rules: dict[str, str]
    had: Had
    qualities: list[str]
    enrolments: list[Enrolled]
    owns: list[str]
    bars: list[tuple[str, str]]

    @property
    def people(self) -> frozenset[str]:
        """What is true of the person; everybody is one."""
        return frozenset(self.qualities) | {"person"}

    @property
    def sellers(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """What is true of a seller in a programme, by both, 'enrolled' among it; missing where it takes no part now."""
        told = {
            (one.seller_id, one.programme_id): frozenset(one.qualities) | {"enrolled"}
            for one in self.enrolments
        }
        return told | dict.fromkeys(self.bars, BARRED)


_decode = msgspec.json.Decoder(Holdings)


async def of(
    tx: Tx, holder_id: str, sellers: Sequence[str], now: datetime, only: str | None = None
) -> Holdings | None:
    """What somebody may spend at these sellers, or `only` this claim of theirs; None when there is none."""
    found = await tx.fetchval(
        """
        WITH mine AS MATERIALIZED (
            SELECT id, batch_id, programme_id, holder_id, schedule, amount, state, claimed_at, valid_until, order_id, spent
            FROM policy.claim WHERE holder_id = $1 AND state = 'open' AND valid_until > $3 AND id = coalesce($5, id)
              AND NOT EXISTS (SELECT FROM policy.bar b WHERE b.party_id = $1 AND b.programme_id = claim.programme_id AND b.until > $3)
            ORDER BY valid_until, id LIMIT $4
        ), also AS MATERIALIZED (
            SELECT kind || ':' || encode(handle, 'hex') AS who FROM parties.login WHERE party_id = $1
        ), rights AS (
            SELECT r.key FROM (SELECT DISTINCT programme_id FROM mine) m, (SELECT $1 AS who UNION ALL SELECT who FROM also) w
            JOIN LATERAL (SELECT m.programme_id || '/' || w.who || '/' AS start) s ON true
            JOIN policy.used_right r ON r.key > s.start COLLATE "C" AND r.key < (s.start || '~') COLLATE "C"
        )
        SELECT json_build_object(
            'claims', (SELECT json_agg(m) FROM mine m),
            'rules', (SELECT json_object_agg(p.id, p.rules) FROM policy.programme p WHERE p.id IN (SELECT programme_id FROM mine)),
            'had', json_build_object(
                'rights', (SELECT coalesce(json_agg(key), '[]') FROM rights),
                'also', (SELECT coalesce(json_agg(who), '[]') FROM also),
                'taken', (SELECT coalesce(json_agg(c), '[]') FROM (
                    SELECT programme_id, taken_at, spent FROM policy.claim WHERE holder_id = $1 AND state = 'taken') c)),
            'qualities', (SELECT coalesce(json_agg(q.quality), '[]') FROM policy.quality q WHERE q.person_id = $1 AND q.until > $3),
            'owns', (SELECT coalesce(json_agg(r.party_id), '[]') FROM parties.role r WHERE r.person_id = $1 AND r.role = 'owner'),
            'bars', (SELECT coalesce(json_agg(json_build_array(party_id, programme_id)), '[]') FROM policy.bar
                     WHERE party_id = ANY ($2) AND until > $3),
            'enrolments', (SELECT coalesce(json_agg(e), '[]') FROM (
                SELECT programme_id, seller_id, qualities FROM policy.enrolment
                WHERE programme_id IN (SELECT programme_id FROM mine) AND seller_id = ANY ($2) AND (ends_at IS NULL OR ends_at > $3)
                  AND NOT EXISTS (SELECT FROM policy.quality WHERE person_id = seller_id AND quality = 'violator' AND until > $3)) e)
        )::text WHERE EXISTS (SELECT FROM mine)
        """,
        holder_id,
        list(sellers),
        now,
        MOST_CLAIMS,
        only,
    )
    return None if found is None else _decode.decode(found)
