"""The usual stack: FastAPI, SQLAlchemy's ORM, uvicorn. Token, person, membership, then the numbers by the ORM."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy import JSON, ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

_URL = os.environ["DATABASE_URL"].replace("postgres://", "postgresql+psycopg://", 1)
engine = create_engine(_URL, pool_size=10)
make_session = sessionmaker(engine)
app = FastAPI()
bearer = HTTPBearer()


class Base(DeclarativeBase):
    """SQLAlchemy's base."""


class User(Base):
    """A person."""

    __tablename__ = "accounts_user"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    is_active: Mapped[bool]
    token_version: Mapped[int]
    current_team_id: Mapped[UUID]


class Membership(Base):
    """A person in a team."""

    __tablename__ = "accounts_membership"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_user.id"))
    role: Mapped[str]


class Cut(Base):
    """A metric of a source, in total or by a dimension's value."""

    __tablename__ = "metrics_cut"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[UUID]
    metric: Mapped[str]
    dimension: Mapped[str]


class Rollup(Base):
    """A cut's day."""

    __tablename__ = "metrics_rollup"
    cut_id: Mapped[int] = mapped_column(ForeignKey("metrics_cut.id"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[float]


class Series(Base):
    """Metric and dimensions behind a number."""

    __tablename__ = "metrics_series"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[UUID]
    source_id: Mapped[UUID]
    metric: Mapped[str]
    dimensions: Mapped[dict[str, str]] = mapped_column(JSON)
    clock: Mapped[int]


class Observation(Base):
    """One number."""

    __tablename__ = "metrics_observation"
    series_id: Mapped[int] = mapped_column(ForeignKey("metrics_series.id"), primary_key=True)
    at: Mapped[int] = mapped_column(primary_key=True)
    raw_id: Mapped[int]
    n: Mapped[int]
    value: Mapped[float]


class Line(BaseModel):
    """One number in a list."""

    series: int
    source: UUID
    metric: str
    dimensions: dict[str, str]
    clock: int
    at: date
    n: int
    value: float
    raw_id: int


class Tile(BaseModel):
    """One number beside the one before."""

    metric: str
    value: float
    before: float
    change: float | None


def session() -> Iterator[Session]:
    """A session per request."""
    with make_session() as opened:
        yield opened


Db = Annotated[Session, Depends(session)]


def person(db: Db, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> User:
    """The person of the token."""
    try:
        claims = jwt.decode(
            credentials.credentials,
            os.environ["SECRET_KEY"],
            algorithms=["HS256"],
            audience="livinglytics",
            issuer="livinglytics",
        )
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    found = db.get(User, UUID(claims["sub"]))
    if found is None or not found.is_active or found.token_version != claims["tv"]:
        raise HTTPException(401)
    return found


@app.get("/tiles")
def tiles(user: Annotated[User, Depends(person)], db: Db, metrics: str, first: date, last: date) -> list[Tile]:
    """Each metric over the period and over the one before."""
    member = db.scalars(
        select(Membership).where(Membership.user_id == user.id, Membership.team_id == user.current_team_id)
    ).first()
    if member is None:
        raise HTTPException(403)
    start, end = (one.toordinal() - 719_163 for one in (first, last))
    days = end - start + 1
    now = func.sum(Rollup.total).filter(Rollup.day >= start)
    before = func.sum(Rollup.total).filter(Rollup.day < start)
    rows = db.execute(
        select(Cut.metric, now, before)
        .join(Rollup, Rollup.cut_id == Cut.id)
        .where(
            Cut.team_id == member.team_id,
            Cut.metric.in_(metrics.split(",")),
            Cut.dimension == "",
            Rollup.day.between(start - days, end),
        )
        .group_by(Cut.metric)
    ).all()
    return [_tile(*row) for row in rows]


def _tile(metric: str, now: float | None, before: float | None) -> Tile:
    value, old = float(now or 0), float(before or 0)
    return Tile(metric=metric, value=value, before=old, change=(value - old) / old if old else None)


@app.get("/list")
def listed(user: Annotated[User, Depends(person)], db: Db, size: int = 100) -> list[Line]:
    """Stored numbers, the first so many."""
    rows = db.execute(
        select(Series, Observation)
        .join(Observation, Observation.series_id == Series.id)
        .where(Series.team_id == user.current_team_id)
        .order_by(Observation.series_id, Observation.at)
        .limit(size)
    ).all()
    return [
        Line(
            series=line.id,
            source=line.source_id,
            metric=line.metric,
            dimensions=line.dimensions,
            clock=line.clock,
            at=date.fromordinal(one.at + 719_163),
            n=one.n,
            value=float(one.value),
            raw_id=one.raw_id,
        )
        for line, one in rows
    ]
