"""Books a carrier for the orders of OrderFulfillment; it goes everywhere but to postal code 99950."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sqlite3
import time

from participant import BusinessNo, Handler, Participant
from store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS shipment (
    number INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, postal_code TEXT NOT NULL) STRICT;
"""


def hold(path, text):
    """Waits while there is a file at the path, so that a process can be killed here."""
    if path and os.path.exists(path):
        with open(path, "a", encoding="utf-8") as file:
            file.write(text + "\n")
        while os.path.exists(path):
            time.sleep(0.01)


class Shipping:
    """The handler `shipping.book` over a database of its own."""

    def __init__(self, store, hold_path):
        self.store = store
        self.hold_path = hold_path

    def book(self, context):
        order = json.loads(context.input)

        def change(database):
            if order["postalCode"] == "99950":
                raise BusinessNo("no-carrier", f"No carrier serves {order['postalCode']}")
            number = database.execute(
                "INSERT INTO shipment (order_id, postal_code) VALUES (?, ?)",
                (order["id"], order["postalCode"]),
            ).lastrowid
            hold(self.hold_path, context.key)
            return json.dumps({"trackingNumber": f"SHIP-{1000 + number}"}).encode()

        return self.store.perform(context, change)

    def cancel(self, context):
        order = json.loads(context.input)
        self.store.undo(
            context,
            lambda database, _: database.execute(
                "DELETE FROM shipment WHERE order_id = ?", (order["id"],)
            ),
        )


async def serve(arguments, store):
    shipping = Shipping(store, arguments.hold)
    participant = Participant(
        "shipping",
        {"shipping.book": Handler(shipping.book, shipping.cancel)},
        arguments.coordinator,
        instance=arguments.instance,
        ended_below=store.ended_below,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, participant.leave)
    await participant.run()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--coordinator", metavar="HOST:PORT", action="append", help="where sagad listens; repeatable"
    )
    parser.add_argument("--database", required=True, help="the service's own SQLite file")
    parser.add_argument("--instance", help="which process of the service this is (default: random)")
    parser.add_argument("--show", action="store_true", help="print the ledger, and serve nothing")
    parser.add_argument("--hold", metavar="FILE", help="while it exists, a booking waits before it commits")
    arguments = parser.parse_args()
    arguments.coordinator = arguments.coordinator or ["127.0.0.1:7242"]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    store = Store(arguments.database, SCHEMA)
    if arguments.show:
        with contextlib.closing(sqlite3.connect(arguments.database)) as database:
            print("shipments", database.execute("SELECT count(*) FROM shipment").fetchone()[0])
        return
    asyncio.run(serve(arguments, store))


if __name__ == "__main__":
    main()
