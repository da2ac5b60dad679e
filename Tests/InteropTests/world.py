"""What a scenario of the order saga needs: a daemon, a client, the services, and what to expect."""

import json
import os
import subprocess
import sys
import threading

import stubs  # noqa: F401
from saga.v1 import saga_pb2 as sagas

import order
from coordinator import Client, Coordinator, Refused, eventually
from ledger import Ledger

ALL = tuple(order.HANDLERS)


class World:
    """A daemon, a client, the three services and their databases."""

    def __init__(self, program, directory):
        self.directory = directory
        self.coordinator = Coordinator(program, directory)
        self.clients = []
        self.participants = []
        self.processes = []
        self.ledgers = {name: Ledger(self.path(name + ".db")) for name in ALL}
        for service, (name, value) in order.FIRST_AMOUNTS.items():
            self.ledgers[service].set_amount(name, value)

    def __enter__(self):
        self.coordinator.start()
        self.client = self.new_client()
        return self

    def __exit__(self, *_):
        for participant in self.participants:
            participant.close()
        for process in self.processes:
            process.kill()
            process.wait()
        for client in self.clients:
            client.close()
        self.coordinator.close()

    def path(self, name):
        return os.path.join(self.directory, name)

    def new_client(self):
        self.clients.append(Client(self.coordinator.address))
        return self.clients[-1]

    def attach(self, *names, **places):
        """Attaches services in this process and waits until each is welcome."""
        attached = [order.participant(name, self.ledgers[name], **places) for name in names]
        for participant in attached:
            self.join(participant)
        return attached[0]

    def join(self, participant):
        self.participants.append(participant.attach(self.coordinator.address))
        eventually(lambda: participant.welcomes, f"{participant.name} is welcome")
        return participant

    def spawn(self, name, *flags):
        """Runs a service as a process."""
        script = os.path.join(os.path.dirname(__file__), "order.py")
        line = [sys.executable, script, self.coordinator.address, name, self.path(name + ".db")]
        self.processes.append(subprocess.Popen([*line, *flags], stdin=subprocess.DEVNULL))
        return self.processes[-1]

    def restart(self):
        """Kills the daemon and starts it again."""
        before = self.coordinator.epoch
        self.coordinator.kill()
        self.coordinator.start()
        assert self.coordinator.epoch > before

    def effects(self, saga):
        """What happened for a saga, in the order in which it did."""
        happened = [e for ledger in self.ledgers.values() for e in ledger.effects()]
        happened.sort(key=lambda effect: effect[3])
        return [f"{step} {direction}" for of, step, direction, _ in happened if of == saga]

    def amounts(self):
        return self.ledgers["inventory"].amount("stock"), self.ledgers["payments"].amount("alice")


def equal(found, wanted):
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"


def has(text, *parts):
    for part in parts:
        assert part in text, f"{part!r} is not in {text!r}"


def refused(code, reason, call, *arguments, **named):
    """The error with which a call must end."""
    try:
        answer = call(*arguments, **named)
    except Refused as error:
        equal((error.code, error.reason), (code, reason))
        return error
    raise AssertionError(f"not refused: {answer}")


def steps(saga):
    return {step.name: step for step in saga.steps}


def step_states(saga):
    return {step.name: sagas.StepState.Name(step.state)[len("STEP_STATE_"):] for step in saga.steps}


def state(saga):
    return sagas.SagaState.Name(saga.state)[len("SAGA_STATE_"):]


DONE = ["reserve action", "charge action", "ship action"]
UNDONE = ["reserve action", "charge action", "charge undo", "reserve undo"]


def check_completed(world, saga):
    equal(state(saga), "COMPLETED")
    equal(set(step_states(saga).values()), {"SUCCEEDED"})
    assert json.loads(saga.output.data)["trackingNumber"]
    equal(world.effects(saga.saga_id), DONE)


def waits_for(world, saga, step):
    """Waits until a saga's step waits for a participant, and says so."""

    def waits():
        current = steps(world.client.get(saga))[step].action
        return current.waiting.reason == sagas.WAITING_REASON_PARTICIPANT and current.waiting

    waiting = eventually(waits, f"{step} waits for a participant")
    equal(waiting.handler, order.HANDLERS[order.STEPS[step]])
    assert waiting.since.ToNanoseconds() > 0
    return waiting


class Gate:
    """Stops an action until a test lets it go on."""

    def __init__(self):
        self.reached = threading.Event()
        self._opened = threading.Event()

    def stop(self, task):
        self.reached.set()
        assert self._opened.wait(30)

    def open(self):
        self._opened.set()
