"""The best of its kind: FastAPI with hand-written SQL on asyncpg, one statement for the person, one for the numbers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated
from uuid import UUID

import asyncpg
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

_PERSON = (
    "SELECT m.team_id FROM accounts_user u JOIN accounts_membership m ON m.user_id = u.id "
    "AND m.team_id = u.current_team_id WHERE u.id = $1 AND u.is_active AND u.token_version = $2"
)
_TILES = (
    "SELECT c.metric, sum(r.total) FILTER (WHERE r.day >= $3)::float8, sum(r.total) FILTER (WHERE r.day < $3)::float8 "
    "FROM metrics_cut c JOIN metrics_rollup r ON r.cut_id = c.id AND r.day BETWEEN $4 AND $5 "
    "WHERE c.team_id = $1 AND c.metric = ANY($2) AND c.dimension = '' GROUP BY c.metric"
)


class Tile(BaseModel):
    """One number beside the one before."""

    metric: str
    value: float
    before: float
    change: float | None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """A pool for the life of the process."""
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=4, max_size=10)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


def claims(authorization: Annotated[str, Header()]) -> tuple[UUID, int]:
    """Who the token is of."""
    try:
        found = jwt.decode(
            authorization.removeprefix("Bearer "),
            os.environ["SECRET_KEY"],
            algorithms=["HS256"],
            audience="livinglytics",
            issuer="livinglytics",
        )
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    return UUID(found["sub"]), int(found["tv"])


async def _claims(authorization: Annotated[str, Header()]) -> tuple[UUID, int]:
    return claims(authorization)


@app.get("/tiles")
async def tiles(
    who: Annotated[tuple[UUID, int], Depends(_claims)], metrics: str, first: date, last: date
) -> list[Tile]:
    """Each metric over the period and over the one before."""
    start, end = first.toordinal() - 719_163, last.toordinal() - 719_163
    async with app.state.pool.acquire() as connection:
        team = await connection.fetchval(_PERSON, *who)
        if team is None:
            raise HTTPException(401)
        rows = await connection.fetch(_TILES, team, metrics.split(","), start, start - (end - start + 1), end)
    return [
        Tile(metric=metric, value=now or 0, before=old or 0, change=(now - old) / old if now and old else None)
        for metric, now, old in rows
    ]
