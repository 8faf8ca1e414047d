"""The SQL schema of releases that have a storage driver, and of those that have none."""

from __future__ import annotations

from ceilift.wheel.tables import last_migration, tables
from tests.wheels import sources, wheel

STORAGE = "ceilometer/storage/sqlalchemy"
MODELS = """\
class Base:
    created_at = None

class Meter(Base):
    __tablename__ = 'meter'
    __table_args__ = ()
    name = Column(String(255))
    id = sa.Column(Integer)
    samples = relationship('Sample')
"""


def test_tables_with_their_columns() -> None:
    assert tables(sources({f"{STORAGE}/models.py": MODELS})) == {"meter": ("id", "name")}


def test_the_last_migration_has_the_highest_number() -> None:
    versions = f"{STORAGE}/migrate_repo/versions"

    found = wheel({f"{versions}/{name}": "" for name in ("001_a.py", "045_b.py", "__init__.py")})

    assert last_migration(found) == 45


def test_a_release_without_the_driver_has_neither() -> None:
    assert tables(sources()) == {}
    assert last_migration(wheel()) == 0
