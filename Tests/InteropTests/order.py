"""The order saga: reserve stock, charge the card, book a carrier; a database for each service.

    order.py ADDRESS SERVICE LEDGER [--instance I] [--stop-at before-commit|after-commit FILE]

runs one of the services as a process. With --stop-at it makes FILE and stands still in that place
of its first action, unless FILE is there.
"""

import argparse
import json
import os
import threading
import uuid

import ledger as ledgers
from ledger import BusinessNo, Ledger
from participant import Participant, Service

STEPS = {"reserve": "inventory", "charge": "payments", "ship": "shipping"}
HANDLERS = {
    "inventory": "inventory.reserve",
    "payments": "payments.charge",
    "shipping": "shipping.book",
}
FIRST_AMOUNTS = {"inventory": ("stock", 1_000_000), "payments": ("alice", 1_000_000)}


def _reserve(database, given):
    order = json.loads(given)
    if ledgers.amount(database, "stock") < order["count"]:
        raise BusinessNo("out-of-stock", "There is not enough stock")
    ledgers.add(database, "stock", -order["count"])
    return b'{"reserved":%d}' % order["count"]


def _release(database, given, output):
    ledgers.add(database, "stock", json.loads(output)["reserved"])


def _charge(database, given):
    order = json.loads(given)
    if ledgers.amount(database, "alice") < order["cents"]:
        raise BusinessNo("card-declined", "The bank declined the card")
    ledgers.add(database, "alice", -order["cents"])
    return b'{"charged":%d}' % order["cents"]


def _refund(database, given, output):
    ledgers.add(database, "alice", json.loads(output)["charged"])


def _book(database, given):
    order = json.loads(given)
    if order["postcode"] == "99950":
        raise BusinessNo("no-carrier", "No carrier serves 99950")
    return json.dumps({"trackingNumber": str(uuid.uuid4())}).encode()


def _cancel_booking(database, given, output):
    pass


_CHANGES = {
    "inventory": (_reserve, _release),
    "payments": (_charge, _refund),
    "shipping": (_book, _cancel_booking),
}


def participant(service, ledger, instance=None, **places):
    """A participant that serves one of the three, over a ledger or the path of one."""
    if isinstance(ledger, str):
        ledger = Ledger(ledger)
    if service in FIRST_AMOUNTS:
        ledger.set_amount(*FIRST_AMOUNTS[service])
    handler = Service(*_CHANGES[service], **places)
    return Participant(service, instance or f"{service}-1", {HANDLERS[service]: handler}, ledger)


def order(identifier="ORD-1", cents=15_000, postcode="10115", count=1):
    return {"id": identifier, "cents": cents, "postcode": postcode, "count": count}


def stand_still(place, marker):
    """What stops an action in a place: once for all processes that are given the same file."""

    def stop(task):
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        threading.Event().wait()

    return {place.replace("-", "_"): stop}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("service", choices=HANDLERS)
    parser.add_argument("ledger")
    parser.add_argument("--instance")
    parser.add_argument("--stop-at", nargs=2)
    flags = parser.parse_args()
    places = stand_still(*flags.stop_at) if flags.stop_at else {}
    participant(flags.service, flags.ledger, flags.instance, **places).serve(flags.address)


if __name__ == "__main__":
    main()
