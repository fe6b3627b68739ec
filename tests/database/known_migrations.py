"""Migrations that are known to be bad or good for the code that runs before them. A line that is bad ends with its rules: `#! RULE`."""

from __future__ import annotations

__all__ = ["BAD", "BASE", "GOOD", "LATER"]

BASE = '''
    op.execute("""
        create type mood as enum ('calm', 'busy');
        create table customers (id bigint generated always as identity primary key, email varchar(80) not null, name text,
            tax numeric(6, 2), constraint uq_customers_email unique (email, id));
        create index ix_customers_email on customers (email);
        create table orders (
            id bigint generated always as identity primary key, number varchar(50) not null, customer_id bigint,
            total numeric(12, 2) not null default 0, status text not null default 'new', note text, state mood,
            lines integer not null default 0, placed timestamp, uid uuid, data json,
            constraint uq_orders_number unique (number), constraint ck_orders_total check (total >= 0)
        );
        create index ix_orders_status on orders (status);
        create index ix_orders_lines on orders (lines);
        create unique index ux_orders_uid on orders (uid);
        alter table orders add constraint ck_orders_note check (note is not null) not valid;
        alter table orders add constraint fk_orders_customer foreign key (customer_id) references customers not valid;
        alter table customers add constraint ck_customers_name check (name is not null);
        create view open_orders as select id, status, state from orders where status <> 'done';
        create materialized view totals as select status, count(*) from orders group by status;
        create function label(orders) returns text language sql as 'select $1.number::text';
        create table events (id bigint not null, at timestamptz not null, what text) partition by range (at);
        create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
        create table old_events (like events);
        create table settings (key text primary key, value text)
    """)
'''


# What stands after this is a second migration of the same release.
LATER = "LATER"
# Named by what they do; each is the body of upgrade().
BAD: dict[str, str] = {
    "drop a column": """
        op.drop_column("orders", "note")  #! drop-column
    """,
    "drop two columns in one statement": """
        op.execute("ALTER TABLE orders DROP COLUMN note, DROP COLUMN placed")  #! drop-column drop-column
    """,
    "drop a column in a block": """
        op.execute("DO $$ BEGIN EXECUTE 'alter table orders drop column note'; END $$")  #! drop-column
    """,
    "drop a table": """
        op.drop_table("settings")  #! drop-table
    """,
    "drop a view": """
        op.execute("drop view open_orders")  #! drop-view
    """,
    "a view that lacks a column now": """
        op.execute("drop view open_orders")  #! drop-view
        op.execute("create view open_orders as select id, status from orders")
    """,
    "drop a function": """
        op.execute("drop function label(orders)")  #! drop-function
    """,
    "rename a column": """
        op.alter_column("orders", "note", new_column_name="remark")  #! rename-column
    """,
    "rename a column and add an empty one": """
        op.alter_column("orders", "note", new_column_name="remark")  #! rename-column
        op.add_column("orders", sa.Column("note", sa.Text()))
    """,
    "rename a table": """
        op.rename_table("orders", "purchases")  #! rename-table
    """,
    "rename a table, and leave a view that nobody can write": """
        op.rename_table("settings", "options")  #! rename-table
        op.execute("create view settings as select key, max(value) as value from options group by key")
    """,
    "move a table to another schema": """
        op.execute("create schema old")
        op.execute("alter table settings set schema old")  #! rename-table
    """,
    "replace a table": """
        op.drop_table("settings")  #! drop-table
        op.create_table("settings", sa.Column("key", sa.Text()), sa.Column("value", sa.Text()))
    """,
    "rename a value": """
        op.execute("ALTER TYPE mood RENAME VALUE 'busy' TO 'hectic'")  #! rename-value
    """,
    "integer to bigint": """
        op.alter_column("orders", "lines", type_=sa.BigInteger())  #! retype-column
    """,
    "text to a limited text": """
        op.alter_column("orders", "note", type_=sa.String(100))  #! retype-column
    """,
    "a narrower text": """
        op.alter_column("orders", "number", type_=sa.String(20))  #! retype-column
    """,
    "another scale": """
        op.alter_column("orders", "total", type_=sa.Numeric(14, 4))  #! retype-column
    """,
    "more digits, which a CHECK is about": """
        op.alter_column("orders", "total", type_=sa.Numeric(20, 2))  #! scan
    """,
    "json to jsonb": """
        op.execute("alter table orders alter data type jsonb")  #! retype-column
    """,
    "a time that has a zone now": """
        op.execute("set timezone = 'UTC'")
        op.alter_column("orders", "placed", type_=sa.DateTime(timezone=True))  #! retype-column
    """,
    "NOT NULL": """
        op.alter_column("orders", "placed", nullable=False)  #! not-null
    """,
    "NOT NULL beside another validated constraint": """
        op.execute("alter table orders validate constraint ck_orders_note; alter table orders alter uid set not null")  #! not-null
    """,
    "NOT NULL with a CHECK that nobody validated": """
        op.alter_column("orders", "note", nullable=False)  #! not-null
    """,
    "a column that inserts must name": """
        op.add_column("orders", sa.Column("weight", sa.Integer(), nullable=False))  #! required-column
    """,
    "a column whose default goes at once": """
        op.add_column("orders", sa.Column("weight", sa.Integer(), server_default="0", nullable=False))
        op.alter_column("orders", "weight", server_default=None)  #! required-column
    """,
    "the default of a column that inserts leave out": """
        op.alter_column("orders", "status", server_default=None)  #! required-column
    """,
    "a default for each row": """
        op.add_column("orders", sa.Column("token", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))  #! rewrite
    """,
    "a serial column": """
        op.execute("ALTER TABLE orders ADD COLUMN seq bigserial")  #! rewrite
    """,
    "a computed column": """
        op.execute("alter table orders add gross numeric generated always as (total * 1.21) stored")  #! rewrite
    """,
    "unlogged": """
        op.execute("alter table settings set unlogged")  #! rewrite
    """,
    "sort a table by an index": """
        op.execute("cluster orders using ix_orders_status")  #! rewrite
    """,
    "refresh a view": """
        op.execute("refresh materialized view totals")  #! rewrite
    """,
    "an index": """
        op.create_index("ix_orders_placed", "orders", ["placed"])  #! create-index
    """,
    "a unique index": """
        op.execute('CREATE UNIQUE INDEX ux ON "orders" (lower(note))')  #! create-index
    """,
    "an index whose name is concurrently": """
        op.execute("create index concurrently_made on orders (placed) /* concurrently */")  #! create-index
    """,
    "an index outside a transaction": """
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_placed", "orders", ["placed"])  #! create-index
    """,
    "drop an index": """
        op.drop_index("ix_orders_status", "orders")  #! drop-index
    """,
    "rebuild an index": """
        op.execute("reindex index ix_orders_status")  #! reindex
    """,
    "UNIQUE": """
        op.create_unique_constraint("uq", "customers", ["email"])  #! unique-constraint
    """,
    "a column that is UNIQUE": """
        op.execute("ALTER TABLE customers ADD code text UNIQUE")  #! unique-constraint
    """,
    "EXCLUDE": """
        op.execute("alter table orders add exclude (number with =)")  #! unique-constraint
    """,
    "CHECK": """
        op.create_check_constraint("ck_lines", "orders", "lines >= 0")  #! check-constraint
    """,
    "a foreign key": """
        op.create_foreign_key("fk", "orders", "customers", ["customer_id"], ["id"])  #! foreign-key
    """,
    "NOT VALID and VALIDATE in one transaction": """
        op.execute("alter table orders add constraint ck check (lines >= 0) not valid")
        op.execute("alter table orders validate constraint ck")  #! validate
    """,
    "a foreign key that is validated at once": """
        op.create_foreign_key("fk", "orders", "customers", ["customer_id"], ["id"], postgresql_not_valid=True)
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk")  #! validate
    """,
    "a partition that must be scanned": """
        op.execute("alter table events attach partition old_events for values from ('2025-01-01') to ('2026-01-01')")  #! scan
    """,
    "TRUNCATE": """
        op.execute("TRUNCATE settings")  #! truncate
    """,
    "all rows at once": """
        op.execute("UPDATE orders SET note = '-'")  #! backfill
    """,
    "all rows that lack it": """
        op.add_column("orders", sa.Column("lane", sa.Text()))
        op.get_bind().execute(  #! backfill
            sa.text("update orders set lane = :lane where lane is null"), {"lane": "x"}
        )
    """,
    "rows of another table say which": """
        op.execute("update orders set note = c.name from customers c where c.id = orders.customer_id")  #! backfill
    """,
    "delete by a column that is not unique": """
        op.execute("delete from orders where status = 'done'")  #! backfill
    """,
    "rows in a block": """
        op.execute("DO $$ BEGIN UPDATE orders SET note = '-' WHERE note IS NULL; END $$")  #! backfill
    """,
    "rows in a function": """
        op.execute("create function fill() returns void language sql as 'update orders set note = 1 where note is null'")
        op.execute("select fill()")  #! backfill
    """,
    "rows by psycopg itself": """
        op.get_bind().connection.driver_connection.execute("update orders set lines = lines + %s", (1,))  #! backfill
    """,
    "no lock_timeout": """
        op.execute("SET lock_timeout = 0")
        op.add_column("orders", sa.Column("weight", sa.Integer()))  #! lock-timeout
        op.add_column("orders", sa.Column("width", sa.Integer()))
    """,
    "lock_timeout too late": """
        op.execute("set local lock_timeout = 0")
        op.add_column("orders", sa.Column("weight", sa.Integer()))  #! lock-timeout
        op.execute("set local lock_timeout = '2s'")
    """,
    "lock_timeout too late in one text": """
        op.execute("set local lock_timeout = 0")
        op.execute("alter table orders add weight int; set local lock_timeout = '2s'")  #! lock-timeout
    """,
    "lock_timeout of an hour": """
        op.execute("SET lock_timeout = '1h'")
        op.execute("lock table orders in share row exclusive mode")  #! lock-timeout
    """,
    "a new table that refers to an old one, without lock_timeout": """
        op.execute("SET lock_timeout = 0")
        op.create_table("parcels", sa.Column("order_id", sa.BigInteger(), sa.ForeignKey("orders.id")))  #! lock-timeout
    """,
    "a lock_timeout that ended with its transaction": """
        op.execute("SET lock_timeout = 0")
        op.execute("SET LOCAL lock_timeout = '2s'")
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE orders ADD weight int")  #! lock-timeout
    """,
    "a helper with a loop": """
        def index(column):
            op.create_index(f"ix_{column}", "orders", [column])  #! create-index create-index

        for column in ("placed", "lines"):
            index(column)
    """,
    "a call of many lines": """
        op.create_index(  #! create-index
            "ix_orders_placed",
            "orders",
            ["placed"],
        )
    """,
    "a schema": """
        op.execute("create schema old")
        op.execute("drop schema if exists older cascade")  #! squawk.ban-drop-schema
    """,
    "a trigger that is switched off": """
        op.execute("alter table orders disable trigger user")  #! squawk.ban-disable-trigger
    """,
    "in two migrations": """
        op.execute("alter table orders add constraint ck check (lines >= 0) not valid")
    """
    + LATER
    + """
        op.create_check_constraint("ck_lines", "orders", "lines >= 0")  #! check-constraint
        op.drop_column("orders", "placed")  #! drop-column
    """,
}

GOOD: dict[str, str] = {
    "a column": """
        op.add_column("orders", sa.Column("weight", sa.Integer()))
    """,
    "a column with a constant default": """
        op.add_column("orders", sa.Column("weight", sa.Integer(), server_default="0", nullable=False))
        op.add_column("orders", sa.Column("seen", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False))
    """,
    "a table with all that belongs to it": """
        op.create_table(
            "parcels",
            sa.Column("id", sa.BigInteger(), primary_key=True),
            sa.Column("order_id", sa.BigInteger(), sa.ForeignKey("orders.id"), nullable=False),
            sa.Column("code", sa.Text(), unique=True),
        )
        op.create_index("ix_parcels_order_id", "parcels", ["order_id"])
        op.execute("insert into parcels (id, order_id, code) select id, id, 'x' from orders")
        op.execute("update parcels set code = 'y'")
        op.alter_column("parcels", "code", nullable=False, new_column_name="label", type_=sa.String(50))
        op.drop_column("parcels", "label")
        op.create_check_constraint("ck", "parcels", "id > 0")
        op.create_foreign_key("fk", "parcels", "customers", ["id"], ["id"])
        op.drop_index("ix_parcels_order_id", "parcels")
    """,
    "a table that is made and dropped": """
        op.execute("create table parcels (id serial primary key)")
        op.execute("truncate parcels")
        op.rename_table("parcels", "boxes")
        op.drop_table("boxes")
    """,
    "a column that is made and renamed": """
        op.add_column("orders", sa.Column("weight", sa.Integer()))
        op.alter_column("orders", "weight", new_column_name="mass")
        op.drop_column("orders", "mass")
    """,
    "a wider text": """
        op.alter_column("orders", "number", type_=sa.String(100))
        op.alter_column("orders", "number", type_=sa.Text())
        op.alter_column("customers", "email", type_=sa.String(200))
        op.alter_column("customers", "email", type_=sa.String())
    """,
    "a number with more digits": """
        op.alter_column("customers", "tax", type_=sa.Numeric(20, 2))
        op.alter_column("customers", "tax", type_=sa.Numeric())
    """,
    "NULL is allowed": """
        op.alter_column("orders", "number", nullable=True)
    """,
    "a default": """
        op.alter_column("orders", "note", server_default="")
        op.alter_column("orders", "note", server_default=None)
    """,
    "NOT NULL that a CHECK has proven": """
        op.alter_column("customers", "name", nullable=False)
        op.drop_constraint("ck_customers_name", "customers")
    """,
    "NOT NULL in three transactions": """
        op.execute("alter table orders validate constraint ck_orders_note")
    """
    + LATER
    + """
        op.alter_column("orders", "note", nullable=False)
        op.execute("alter table orders drop constraint ck_orders_note")
    """,
    "validated, and NOT NULL by it, in one text": """
        op.execute("alter table orders validate constraint ck_orders_note; alter table orders alter note set not null")
    """,
    "a CHECK that is not validated": """
        op.create_check_constraint("ck_lines", "orders", "lines >= 0", postgresql_not_valid=True)
    """
    + LATER
    + """
        op.execute("alter table orders validate constraint ck_lines")
    """,
    "validated after a commit": """
        op.create_check_constraint("ck_lines", "orders", "lines >= 0", postgresql_not_valid=True)
        with op.get_context().autocommit_block():
            op.execute("alter table orders validate constraint ck_lines")
    """,
    "a foreign key in two migrations": """
        op.create_foreign_key("fk", "orders", "customers", ["customer_id"], ["id"], postgresql_not_valid=True)
    """
    + LATER
    + """
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk")
    """,
    "a foreign key of before is validated": """
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_customer")
    """,
    "a column that refers to another table": """
        op.execute("alter table orders add billed_to bigint references customers")
    """,
    "an index, CONCURRENTLY": """
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_placed", "orders", ["placed"], postgresql_concurrently=True)
            op.drop_index("ix_orders_status", "orders", postgresql_concurrently=True)
            op.execute("REINDEX INDEX CONCURRENTLY ix_orders_placed")
    """,
    "UNIQUE by an index": """
        with op.get_context().autocommit_block():
            op.execute("create unique index concurrently ux_email on customers (email)")
        op.execute("alter table customers add constraint uq_email unique using index ux_email")
    """,
    "a constraint that goes": """
        op.drop_constraint("ck_orders_total", "orders")
        op.drop_constraint("uq_orders_number", "orders")
    """,
    "a value": """
        op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'asleep'")
    """,
    "a value outside a transaction": """
        with op.get_context().autocommit_block():
            op.execute("alter type mood add value 'asleep' before 'calm'")
    """,
    "a table that is renamed, with a view under the old name": """
        op.rename_table("settings", "options")
        op.execute("create view settings as select * from options")
    """,
    "a column that is renamed, with a view that knows the old name": """
        op.rename_table("settings", "options")
        op.alter_column("options", "value", new_column_name="content")
        op.execute("create view settings as select key, content as value from options")
    """,
    "a view with more columns": """
        op.execute("create or replace view open_orders as select id, status, state, note from orders where status <> 'done'")
    """,
    "a view that is made anew": """
        op.execute("drop view open_orders")
        op.execute("create view open_orders as select note, state, status, id from orders")
    """,
    "a function that is made anew": """
        op.execute("drop function label(orders)")
        op.execute("create function label(orders) returns text language sql as $$ select 'no. ' || $1.number $$")
    """,
    "rows by key": """
        op.execute("UPDATE settings SET value = 'on' WHERE key = 'mode'")
        op.execute("delete from orders where id in (1, 2, 3)")
        op.get_bind().execute(sa.text("update orders set note = '-' where id between :a and :b"), {"a": 1, "b": 999})
        op.execute("insert into settings values ('a', 'b') on conflict (key) do update set value = 'b'")
    """,
    "rows in batches": """
        with op.get_context().autocommit_block():
            while op.get_bind().execute(sa.text(
                "update orders set note = '-' where id in (select id from orders where note is null limit 1000)"
            )).rowcount:
                pass
    """,
    "rows in batches with a CTE": """
        with op.get_context().autocommit_block():
            op.execute(
                "with batch as (select id from orders where note is null limit 500 for update skip locked) "
                "update orders set note = '' from batch where batch.id = orders.id"
            )
    """,
    "rows in a block that commits": """
        with op.get_context().autocommit_block():
            op.execute('''
                DO $$ DECLARE changed int; BEGIN LOOP
                  UPDATE orders SET note = '-' WHERE id IN (SELECT id FROM orders WHERE note IS NULL LIMIT 1000);
                  GET DIAGNOSTICS changed = ROW_COUNT; COMMIT; EXIT WHEN changed = 0;
                END LOOP; END $$
            ''')
    """,
    "rows in a procedure that commits": """
        op.execute('''
            create procedure fill() language plpgsql as $$ BEGIN
              LOOP UPDATE orders SET note = '' WHERE id IN (SELECT id FROM orders WHERE note IS NULL LIMIT 1000);
              EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$
        ''')
        with op.get_context().autocommit_block():
            op.execute("call fill()")
    """,
    "no rows at all": """
        op.execute("update orders set note = '' where false")
        op.execute("select count(*) from orders")
    """,
    "a partition": """
        op.execute("create table events_2027 partition of events for values from ('2027-01-01') to ('2028-01-01')")
    """,
    "an index on a partitioned table, one part after the other": """
        op.execute("create index ix_events_at on only events (at)")
        with op.get_context().autocommit_block():
            op.execute("create index concurrently ix_events_2026_at on events_2026 (at)")
        op.execute("alter index ix_events_at attach partition ix_events_2026_at")
    """,
    "words in a comment and in a text": """
        op.execute("comment on table orders is 'drop table orders; update orders set note = 1'")
        op.execute("select 1 -- drop table orders")
    """,
    "lock_timeout at the head of the text": """
        op.execute("SET lock_timeout = 0")
        op.execute("set local lock_timeout = '2s'; alter table orders add weight int")
    """,
    "lock_timeout in another spelling": """
        op.execute("SET lock_timeout = 0")
        op.execute("select set_config('lock_timeout', '1500', true)")
        op.add_column("orders", sa.Column("weight", sa.Integer()))
    """,
    "an allowed one": """
        # db: allow drop-column: no code has used it since 2.3
        op.drop_column("orders", "note")
        op.drop_column("orders", "placed")  # db: allow drop-column: nor this
        op.alter_column(
            "orders",
            "lines",
            type_=sa.BigInteger(),  # db: allow retype-column: a hundred rows
        )
    """,
    "nothing": """
        return
    """,
}
