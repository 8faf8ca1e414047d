"""How the ledger's schema came to be: one Alembic revision for each version, which only adds."""
