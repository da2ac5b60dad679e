"""The order saga between programs on stock grpcio and a real `sagad`, in good and in bad luck.

    scenarios.py SAGAD SCENARIO...

runs each scenario with a daemon and databases of its own in a temporary folder; it exits 0 if all
is as it should be, else it shows what is not, with the daemon's log, and exits 1. `--list` names
them.
"""

import atexit
import json
import os
import signal
import sys
import tempfile
import traceback

import grpc
import stubs  # noqa: F401
from google.protobuf.duration_pb2 import Duration
from saga.v1 import admin_service_pb2 as admin
from saga.v1 import admin_service_pb2_grpc as admin_services
from saga.v1 import definition_pb2 as definitions
from saga.v1 import event_pb2 as events
from saga.v1 import participant_service_pb2 as session
from saga.v1 import saga_pb2 as sagas
from saga.v1 import saga_service_pb2 as messages
from saga.v1 import saga_service_pb2_grpc as services
from saga.v1.common_pb2 import DIRECTION_ACTION, Payload, SagaRef, TaskRef

import order
from coordinator import Refused, eventually, order_definition
from participant import CHANNEL_OPTIONS, Participant, Service
from wire import Wire, ended_with
from world import (
    ALL,
    UNDONE,
    Gate,
    World,
    check_completed,
    equal,
    has,
    refused,
    state,
    step_states,
    steps,
    waits_for,
)

SCENARIOS = {}


def scenario(run):
    SCENARIOS[run.__name__] = run
    return run


# Good luck, and a business no.


@scenario
def order_completes(world):
    registered = world.client.register(order_definition())
    equal((registered.definition.name, registered.definition.version), ("order", 1))
    equal(len(registered.digest), 32)
    assert world.client.register(order_definition()).existing
    world.attach(*ALL)
    stock, alice = world.amounts()
    saga = world.client.execute(order.order(), key="ORD-1")
    check_completed(world, saga)
    equal(saga.key, "ORD-1")
    equal(json.loads(saga.input.data), order.order())
    equal(json.loads(steps(saga)["charge"].output.data), {"charged": 15_000})
    for step in saga.steps:
        equal(step.action.attempt_count, 1)
        assert saga.created_at.ToNanoseconds() <= step.action.current_since.ToNanoseconds()
        assert step.action.current_since.ToNanoseconds() <= step.action.ended_at.ToNanoseconds()
    equal(steps(saga)["charge"].action.participant.instance, "payments-1")
    equal(world.amounts(), (stock - 1, alice - 15_000))


@scenario
def events_are_told_and_told_on(world):
    world.client.register(order_definition())
    world.attach(*ALL)
    saga = world.client.execute(order.order(), key="ORD-1").saga_id
    with grpc.insecure_channel(world.coordinator.address, options=CHANNEL_OPTIONS) as channel:

        def watch(count, **request):
            call = services.SagaServiceStub(channel).WatchEvents(
                messages.WatchEventsRequest(saga=SagaRef(saga_id=saga), **request), timeout=30
            )
            told = []
            while len(told) < count:
                answer = next(call)
                if answer.HasField("event"):
                    told.append(answer)
            call.cancel()
            return told

        told = watch(8, **{"from": messages.WATCH_FROM_OLDEST})
        equal(
            [(events.EventKind.Name(t.event.kind)[11:], t.event.step) for t in told],
            [("SAGA_STARTED", "")]
            + [
                (kind, step)
                for step in ("reserve", "charge", "ship")
                for kind in ("STEP_STARTED", "STEP_SUCCEEDED")
            ]
            + [("SAGA_COMPLETED", "")],
        )
        equal(told[0].event.key, "ORD-1")
        equal(told[2].event.participant.name, "inventory")
        equal(watch(5, cursor=told[2].cursor), told[3:])


@scenario
def order_is_undone_in_reverse(world):
    world.client.register(order_definition())
    world.attach(*ALL)
    before = world.amounts()
    saga = world.client.execute(order.order(postcode="99950"), key="ORD-1")
    equal(state(saga), "COMPENSATED")
    equal(world.effects(saga.saga_id), UNDONE)
    equal(world.amounts(), before)
    equal(
        step_states(saga), {"reserve": "COMPENSATED", "charge": "COMPENSATED", "ship": "FAILED"}
    )
    failure = saga.went_back.failure
    equal((failure.step, failure.failure.code), ("ship", "no-carrier"))
    equal(failure.failure.message, "No carrier serves 99950")
    undos = [task for p in world.participants for task in p.tasks if task.HasField("undo")]
    equal([task.task.step for task in undos if task.undo.outcome_known], ["reserve", "charge"])
    for task in undos:
        equal(task.undo.action_idempotency_key, f"{saga.saga_id}:{task.task.step}")
        equal(task.idempotency_key, f"{saga.saga_id}:{task.task.step}:undo")
        equal((task.undo.cause.step, task.undo.cause.code), ("ship", "no-carrier"))
        equal(json.loads(task.input.data)["id"], "ORD-1")


@scenario
def unexpected_errors_are_tried_again(world):
    world.client.register(order_definition(initial=Duration(nanos=1_000_000)))
    world.attach("inventory", "shipping")
    calls = []

    def fail_twice(task):
        calls.append(task.token.number)
        if len(calls) <= 2:
            raise ConnectionError("the gateway does not answer")

    world.attach("payments", before=fail_twice)
    saga = world.client.execute(order.order())
    check_completed(world, saga)
    equal(calls, [1, 2, 3])
    charge = steps(saga)["charge"].action
    equal((charge.attempt_count, charge.failures), (3, 2))
    equal(charge.last_failure.code, "ConnectionError")
    keys = {t.idempotency_key for t in world.participants[-1].tasks}
    equal(keys, {f"{saga.saga_id}:charge"})


@scenario
def cancelled_order_is_undone(world):
    world.client.register(order_definition())
    world.attach("inventory", "payments")
    saga = world.client.start(order.order()).started.saga_id
    waits_for(world, saga, "ship")
    request = messages.CancelSagaRequest(saga=SagaRef(saga_id=saga), reason="not wanted any more")
    answer = world.client.call("CancelSaga", request)
    equal(answer.saga_id, saga)
    ended = world.client.end(saga)
    equal(state(ended), "COMPENSATED")
    equal(world.effects(saga), UNDONE)
    equal(ended.went_back.failure.failure.code, "cancelled")
    cancel = world.client.call
    refused(grpc.StatusCode.FAILED_PRECONDITION, "SAGA_ENDED", cancel, "CancelSaga", request)


# Requests that are refused.


@scenario
def wrong_requests_are_refused(world):
    client = world.client
    client.register(order_definition())
    error = refused(
        grpc.StatusCode.NOT_FOUND, "DEFINITION_UNKNOWN", client.start, {}, definition="ordr"
    )
    has(error.message, "ordr", "order")

    saga = client.start({"id": "1", "cents": 7}, key="K").started.saga_id
    again = client.start(b'{ "cents": 7, "id": "1" }', key="K").started
    equal((again.saga_id, again.existing), (saga, True))
    error = refused(
        grpc.StatusCode.ALREADY_EXISTS, "KEY_TAKEN", client.start, {"id": "2"}, key="K"
    )
    equal(error.saga, saga)
    has(error.message, saga)

    limit = 1 << 20
    fits = b'"' + b"x" * (limit - 2) + b'"'
    assert client.start(fits).started.saga_id
    error = refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "PAYLOAD_SIZE", client.start, fits + b" ")
    has(error.message, str(limit))

    unknown = "0199a3c1-5f20-7b1e-8c44-3d2a90e17f55"
    error = refused(grpc.StatusCode.NOT_FOUND, "SAGA_UNKNOWN", client.get, unknown)
    equal(error.saga, unknown)
    refused(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT", client.get, "no id")

    other = order_definition(max_attempts=3)
    error = refused(
        grpc.StatusCode.ALREADY_EXISTS, "DEFINITION_VERSION_TAKEN", client.register, other
    )
    has(error.message, "order v1")

    wrong = definitions.Definition(
        name="wrong",
        version=1,
        steps=[
            definitions.StepDefinition(name="a", handler="x.y"),
            definitions.StepDefinition(name="a", handler="x.y"),
            definitions.StepDefinition(name="B", handler="nothing"),
        ],
    )
    error = refused(
        grpc.StatusCode.INVALID_ARGUMENT, "DEFINITION_INVALID", client.register, wrong
    )
    assert len(error.violations) >= 3, error.violations
    assert all(v.field and v.description for v in error.violations), error.violations
    equal(client.status().engine.rejected_requests_total, 7)

    with grpc.insecure_channel(world.coordinator.address, options=CHANNEL_OPTIONS) as channel:
        stub = services.SagaServiceStub(channel)
        # A method that this release does not serve.
        limits = admin_services.AdminServiceStub(channel).SetHandlerLimits.future(
            admin.SetHandlerLimitsRequest(), timeout=30
        )
        equal(limits.code(), grpc.StatusCode.UNIMPLEMENTED)
        # A message that is too large as such is refused before anybody looks into it.
        start = messages.SagaStart(key="K", input=Payload(data=bytes(5 << 20)))
        large = stub.StartSaga.future(messages.StartSagaRequest(start=start), timeout=30)
        equal(large.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        has(large.details(), str(4 << 20))


# Participants that are not there, and those that misbehave.


@scenario
def step_waits_for_a_participant(world):
    world.client.register(order_definition())
    world.attach("inventory", "shipping")
    saga = world.client.start(order.order()).started.saga_id
    waiting = waits_for(world, saga, "charge")
    created = world.client.get(saga).created_at
    assert waiting.since.ToNanoseconds() >= created.ToNanoseconds()
    world.attach("payments")
    check_completed(world, world.client.end(saga))


@scenario
def stale_tokens_are_refused_and_counted(world):
    world.client.register(order_definition())
    world.attach("inventory", "shipping")
    with Wire(world, "payments.charge") as payments:
        payments.hello()
        saga = world.client.start(order.order()).started.saga_id
        task = payments.hear("task")
        equal((task.task.saga_id, task.task.step), (saga, "charge"))
        before = world.client.status().engine.stale_results_total
        equal(payments.answer(task, number=task.token.number + 1), "STALE")
        equal(payments.answer(task, epoch=task.token.epoch - 1), "STALE")
        equal(payments.answer(task, epoch=task.token.epoch + 1), "STALE")
        equal(world.client.status().engine.stale_results_total, before + 3)
        equal(payments.answer(task, b'{"charged":1}'), "TAKEN")
        equal(payments.answer(task, b'{"charged":2}'), "STALE")
        ended = world.client.end(saga)
        equal(state(ended), "COMPLETED")
        equal(steps(ended)["charge"].output.data, b'{"charged":1}')


@scenario
def results_of_others_are_refused_and_counted(world):
    world.client.register(order_definition())
    world.attach("inventory", "shipping")
    charge = Wire(world, "payments.charge")
    with charge as payments, Wire(world, "other.one", name="other") as other:
        payments.hello()
        other.hello()
        saga = world.client.start(order.order()).started.saga_id
        task = payments.hear("task")
        before = world.client.status().engine.stale_results_total
        equal(other.answer(task, b'{"stolen":true}'), "STALE")
        stranger = session.Task(
            task=TaskRef(
                saga_id="0199a3c1-5f20-7b1e-8c44-3d2a90e17f55",
                step="charge",
                direction=DIRECTION_ACTION,
            ),
            token=task.token,
        )
        equal(other.answer(stranger), "NO_SUCH_TASK")
        equal(world.client.status().engine.stale_results_total, before + 2)
        equal(payments.answer(task, b'{"charged":1}'), "TAKEN")
        ended = world.client.end(saga)
        equal(state(ended), "COMPLETED")
        equal(steps(ended)["charge"].output.data, b'{"charged":1}')


@scenario
def garbage_ends_its_own_session_only(world):
    world.client.register(order_definition())
    world.attach(*ALL)
    before = world.client.status()

    with Wire(world, raw=True) as garbage:
        garbage.say(b"\xff\xfe\xfd garbage")
        error = Refused(ended_with(garbage.call))
        equal(error.code, grpc.StatusCode.INVALID_ARGUMENT)
    with Wire(world, raw=True) as nothing:
        nothing.say(session.AttachRequest().SerializeToString())
        equal(Refused(ended_with(nothing.call)).code, grpc.StatusCode.INVALID_ARGUMENT)
    with Wire(world) as rude:
        rude.say(session.AttachRequest(heartbeat=session.Heartbeat()))
        error = Refused(ended_with(rude.call))
        equal((error.code, error.reason), (grpc.StatusCode.FAILED_PRECONDITION, "HELLO_EXPECTED"))
    with Wire(world) as future:
        hello = session.Hello(protocol_version=2, participant="future", instance="1", slots=1)
        future.say(session.AttachRequest(hello=hello))
        error = Refused(ended_with(future.call))
        equal((error.code, error.reason), (grpc.StatusCode.FAILED_PRECONDITION, "PROTOCOL_VERSION"))
    # In the middle of a session that has a task.
    with Wire(world, "wire.step", raw=True) as late:
        offer = session.HandlerOffer(handler="wire.step", has_compensation=True)
        hello = session.Hello(
            protocol_version=1, participant="late", instance="late-1", handlers=[offer], slots=1
        )
        late.say(session.AttachRequest(hello=hello).SerializeToString())
        late.hear("welcome")
        late.say(b"\x12\xff\xff\xff\xff\x0f")
        equal(Refused(ended_with(late.call)).code, grpc.StatusCode.INVALID_ARGUMENT)

    after = world.client.status()
    equal(after.engine.rejected_requests_total - before.engine.rejected_requests_total, 5)
    equal((after.epoch, after.life), (before.epoch, before.life))
    equal([len(p.welcomes) for p in world.participants], [1, 1, 1])
    check_completed(world, world.client.execute(order.order()))


@scenario
def too_large_output_is_undone(world):
    world.client.register(order_definition())
    world.attach("inventory", "shipping")
    limit = 1 << 20

    def charge(database, given):
        return b'"' + b"x" * (limit - 1) + b'"'

    undone = []
    handler = Service(charge, lambda database, given, output: undone.append(len(output)))
    payments = Participant(
        "payments", "payments-1", {"payments.charge": handler}, world.ledgers["payments"]
    )
    world.join(payments)
    equal(payments.welcomes[0].output_limit, limit)
    saga = world.client.execute(order.order())
    equal(state(saga), "COMPENSATED")
    equal(world.effects(saga.saga_id), UNDONE)
    equal(undone, [limit + 1])
    failure = saga.went_back.failure
    equal(failure.step, "charge")
    has(failure.failure.message, str(limit), str(limit + 1))
    equal(steps(saga)["charge"].undo_need, sagas.UNDO_NEED_IN_DOUBT)
    undo = next(task for task in payments.tasks if task.HasField("undo"))
    assert not undo.undo.outcome_known
    equal(len(world.participants[-1].welcomes), 1)


@scenario
def newer_session_displaces_the_older(world):
    world.client.register(order_definition())
    with Wire(world, "payments.charge") as older, Wire(world, "payments.charge") as newer:
        first = older.hello()
        older.say(session.AttachRequest(heartbeat=session.Heartbeat()))
        older.hear("heartbeat_ack")
        assert newer.hello().generation > first.generation
        error = Refused(ended_with(older.call))
        equal((error.code, error.reason), (grpc.StatusCode.ABORTED, "DISPLACED"))
        newer.say(session.AttachRequest(heartbeat=session.Heartbeat()))
        newer.hear("heartbeat_ack")
        equal(world.client.status().transport.sessions, 1)


# kill -9.


@scenario
def coordinator_killed_between_two_steps(world):
    world.client.register(order_definition())
    world.attach("inventory", "shipping")
    saga = world.client.start(order.order(), key="ORD-1").started.saga_id
    waits_for(world, saga, "charge")
    world.restart()
    client = world.new_client()
    again = client.start(order.order(), key="ORD-1").started
    equal((again.saga_id, again.existing), (saga, True))
    world.attach("payments")
    check_completed(world, client.end(saga))


@scenario
def coordinator_killed_while_it_goes_back(world):
    world.client.register(order_definition())
    gate = Gate()
    world.attach("inventory", "shipping")
    before = world.amounts()
    world.attach("payments", after_commit=gate.stop)
    saga = world.client.start(order.order(postcode="99950")).started.saga_id
    assert gate.reached.wait(30)
    world.coordinator.kill()
    gate.open()
    world.coordinator.start()
    ended = world.new_client().end(saga)
    equal(state(ended), "COMPENSATED")
    equal(world.effects(saga), UNDONE)
    equal(world.amounts(), before)


@scenario
def running_attempt_is_taken_up_after_a_restart(world):
    world.client.register(order_definition())
    gate = Gate()
    world.attach("inventory", "shipping")
    payments = world.attach("payments", before=gate.stop)
    saga = world.client.start(order.order()).started.saga_id
    assert gate.reached.wait(30)
    world.restart()
    # It runs while the participant says so to the new life.
    eventually(lambda: len(payments.welcomes) == 2, "payments is back")
    gate.open()
    ended = world.new_client().end(saga)
    check_completed(world, ended)
    equal(steps(ended)["charge"].action.attempt_count, 1)
    equal(len(payments.tasks), 1)


@scenario
def held_result_is_taken_after_a_restart(world):
    world.client.register(order_definition())
    gate = Gate()
    world.attach("inventory", "shipping")
    payments = world.attach("payments", after_commit=gate.stop)
    saga = world.client.start(order.order()).started.saga_id
    assert gate.reached.wait(30)
    world.coordinator.kill()
    gate.open()
    eventually(lambda: not payments._running, "the action has ended, and nobody took its result")
    world.coordinator.start()
    ended = world.new_client().end(saga)
    check_completed(world, ended)
    equal(steps(ended)["charge"].action.attempt_count, 1)
    equal(len(payments.tasks), 1)


def participant_killed(world, place):
    world.client.register(order_definition())
    world.attach("inventory", "shipping")
    alice = world.amounts()[1]
    marker = world.path("stopped")
    first = world.spawn("payments", "--stop-at", place, marker)
    saga = world.client.start(order.order()).started.saga_id
    eventually(lambda: os.path.exists(marker), "payments is in the middle of the charge")
    first.send_signal(signal.SIGKILL)
    equal(first.wait(30), -signal.SIGKILL)
    world.spawn("payments", "--stop-at", place, marker)
    ended = world.client.end(saga)
    check_completed(world, ended)
    equal(world.amounts()[1], alice - 15_000)
    charge = steps(ended)["charge"].action
    equal((charge.attempt_count, charge.failures), (2, 1))
    equal(charge.last_failure.code, "participant-forgot")


@scenario
def participant_killed_before_its_commit(world):
    participant_killed(world, "before-commit")


@scenario
def participant_killed_after_its_commit(world):
    participant_killed(world, "after-commit")


@scenario
def both_killed_in_the_middle_of_a_charge(world):
    world.client.register(order_definition())
    world.attach("inventory", "shipping")
    alice = world.amounts()[1]
    marker = world.path("stopped")
    first = world.spawn("payments", "--stop-at", "after-commit", marker)
    saga = world.client.start(order.order()).started.saga_id
    eventually(lambda: os.path.exists(marker), "payments is in the middle of the charge")
    world.coordinator.kill()
    first.kill()
    first.wait(30)
    world.coordinator.start()
    world.spawn("payments", "--stop-at", "after-commit", marker)
    check_completed(world, world.new_client().end(saga))
    equal(world.amounts()[1], alice - 15_000)


@scenario
def asked_to_end_it_does(world):
    world.client.register(order_definition())
    gate = Gate()
    world.attach("inventory", "shipping")
    payments = world.attach("payments", before=gate.stop)
    saga = world.client.start(order.order()).started.saga_id
    assert gate.reached.wait(30)
    equal(world.coordinator.stop(), 0)
    gate.open()
    world.coordinator.start()
    ended = world.new_client().end(saga)
    check_completed(world, ended)
    equal(len(payments.tasks), 1)


def run(name, program):
    """Runs one scenario; true if all was as it should be."""
    with tempfile.TemporaryDirectory(prefix="saga-interop-") as directory:
        world = World(program, directory)
        try:
            with world:
                SCENARIOS[name](world)
        except BaseException:
            print(f"--- {name} failed", file=sys.stderr)
            traceback.print_exc()
            if os.path.exists(world.coordinator.log):
                with open(world.coordinator.log) as log:
                    print("--- the log of sagad", *log.readlines()[-60:], sep="\n", file=sys.stderr)
            return False
    return True


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(SCENARIOS))
        return
    program, *names = sys.argv[1:]
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown or not names:
        sys.exit(f"unknown scenarios: {unknown}; there are: {', '.join(SCENARIOS)}")
    ended = [run(name, program) for name in names]
    # Handlers that stand still must not keep the program.
    atexit._run_exitfuncs()
    sys.stderr.flush()
    os._exit(0 if all(ended) else 1)


main()
