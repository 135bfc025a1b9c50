"""The local stack's database and its roles, made by the administrator. All of it may already be there."""

from collections.abc import Callable, Collection

import psycopg
from psycopg import sql

from stores import roles

DATABASE = "longhaul"


def make_database(
    dsn: Callable[[str], str], password_of: Callable[[str], str], extensions: Collection[str] = ()
) -> None:
    """Has the roles, each with its password, and the database, which is the owner's; `dsn` is by database."""
    with psycopg.connect(dsn("postgres"), autocommit=True, connect_timeout=3) as link:
        for role in roles.ROLES:
            roles.let_log_in(link, role, password_of(role))
        if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            link.execute(f"CREATE DATABASE {DATABASE}")
        link.execute(f"ALTER DATABASE {DATABASE} OWNER TO {roles.OWNER}")
    with psycopg.connect(dsn(DATABASE), connect_timeout=3) as link:
        roles.hand_over(link)
        for extension in extensions:
            link.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(extension)))
