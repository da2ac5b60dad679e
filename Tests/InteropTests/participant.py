"""A participant on stock grpcio: one session with the coordinator, opened again when it is lost."""

import concurrent.futures
import queue
import threading

import grpc
import stubs  # noqa: F401
from saga.v1 import outcome_pb2 as outcomes
from saga.v1 import participant_service_pb2 as session
from saga.v1 import participant_service_pb2_grpc as services
from saga.v1.common_pb2 import AttemptRef, Failure, Payload
from saga.v1.common_pb2 import DIRECTION_ACTION

from ledger import BusinessNo, Fenced

JSON = "application/json"
CHANNEL_OPTIONS = (
    # A new channel is a new connection, without the backoff of the one before.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_send_message_length", 16 << 20),
    ("grpc.max_receive_message_length", 16 << 20),
)


def attempt_key(message):
    """What names the attempt that a message is about."""
    task = message.task
    return task.saga_id, task.step, task.direction, message.token.epoch, message.token.number


class Service:
    """One handler: `action(database, input) -> output`, `undo(database, input, output)`."""

    def __init__(self, action, undo, before_commit=None, after_commit=None, before=None):
        self.action = action
        self.undo = undo
        # Places in which a test can stop an action.
        self.before_commit = before_commit or (lambda task: None)
        self.after_commit = after_commit or (lambda task: None)
        self.before = before or (lambda task: None)


class Participant:
    """Serves handlers until it is closed; each Hello names what it runs and what it holds."""

    def __init__(self, name, instance, handlers, ledger, slots=16):
        self.name = name
        self.instance = instance
        self.handlers = handlers
        self.ledger = ledger
        self.slots = slots
        self.tasks = []
        self.acknowledgements = []
        self.welcomes = []
        self.heartbeat_acks = 0
        # Held back by tests that look at what a lost connection leaves.
        self.changed = threading.Condition()
        self._running = {}
        self._finished = {}
        self._known = {}
        self._requests = None
        self._call = None
        self._closing = threading.Event()
        self._pool = concurrent.futures.ThreadPoolExecutor(2 * slots)
        self._thread = None

    def attach(self, address):
        """Serves from now on, on a thread of its own."""
        self._thread = threading.Thread(target=self.serve, args=(address,), daemon=True)
        self._thread.start()
        return self

    def close(self):
        with self.changed:
            self._closing.set()
            if self._call:
                self._call.cancel()
        if self._thread:
            self._thread.join(10)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def serve(self, address):
        while not self._closing.is_set():
            try:
                self._serve_session(address)
            except grpc.RpcError:
                pass
            self._closing.wait(0.05)

    def _serve_session(self, address):
        requests = queue.SimpleQueue()
        with grpc.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
            call = services.ParticipantServiceStub(channel).Attach(iter(requests.get, None))
            over = threading.Event()
            try:
                with self.changed:
                    if self._closing.is_set():
                        return
                    self._call = call
                    self._requests = requests
                    requests.put(session.AttachRequest(hello=self._hello()))
                    for result in self._finished.values():
                        requests.put(session.AttachRequest(result=result))
                for response in call:
                    if not self._take(response, requests, over):
                        return
            finally:
                over.set()
                with self.changed:
                    self._requests = None
                    self._call = None
                requests.put(None)
                call.cancel()

    def _hello(self):
        offers = [
            session.HandlerOffer(handler=name, has_compensation=service.undo is not None)
            for name, service in self.handlers.items()
        ]
        return session.Hello(
            protocol_version=1,
            sdk="python-test/1",
            participant=self.name,
            instance=self.instance,
            handlers=offers,
            slots=self.slots,
            undo_slots=self.slots,
            running=[AttemptRef(task=t.task, token=t.token) for t in self._running.values()],
            finished=[AttemptRef(task=r.task, token=r.token) for r in self._finished.values()],
            known_lives=[
                session.KnownLife(lineage=lineage, epoch=epoch, life=life)
                for lineage, (epoch, life) in self._known.items()
            ],
        )

    def _take(self, response, requests, over):
        """Does what the coordinator says; false once it wants the stream to end."""
        kind = response.WhichOneof("message")
        with self.changed:
            if kind == "welcome":
                self._welcome(response.welcome, requests, over)
            elif kind == "task":
                self._start(response.task)
            elif kind == "result_ack":
                self.acknowledgements.append(response.result_ack)
                self._finished.pop(attempt_key(response.result_ack), None)
            elif kind == "heartbeat_ack":
                self.heartbeat_acks += 1
            self.changed.notify_all()
        return kind != "drain"

    def _welcome(self, welcome, requests, over):
        known = self._known.get(welcome.lineage, (0, 0))
        assert welcome.epoch >= known[0], "the coordinator is behind its own past"
        self._known[welcome.lineage] = (welcome.epoch, welcome.life)
        self.welcomes.append(welcome)
        interval = welcome.heartbeat_interval.ToTimedelta().total_seconds()

        def beat():
            requests.put(session.AttachRequest(heartbeat=session.Heartbeat()))
            while not over.wait(interval):
                requests.put(session.AttachRequest(heartbeat=session.Heartbeat()))

        threading.Thread(target=beat, daemon=True).start()

    def _start(self, task):
        key = attempt_key(task)
        self.tasks.append(task)
        if key in self._running or key in self._finished:
            return
        self._running[key] = task
        self._pool.submit(self._work, key, task)

    def _work(self, key, task):
        try:
            outcome = self._outcome(task)
        except Fenced as fenced:
            outcome = outcomes.Outcome(
                retry=outcomes.Retry(failure=Failure(code="fenced", message=str(fenced)))
            )
        except Exception as error:  # Whatever a handler throws is in doubt.
            outcome = outcomes.Outcome(
                retry=outcomes.Retry(
                    failure=Failure(code=type(error).__name__, message=str(error))
                )
            )
        with self.changed:
            result = session.Result(task=task.task, token=task.token, outcome=outcome)
            del self._running[key]
            self._finished[key] = result
            if self._requests:
                self._requests.put(session.AttachRequest(result=result))
            self.changed.notify_all()

    def _outcome(self, task):
        service = self.handlers.get(task.handler)
        if service is None:
            return outcomes.Outcome(
                declined=outcomes.Declined(reason=outcomes.DECLINED_REASON_HANDLER_UNKNOWN)
            )
        saga, step = task.task.saga_id, task.task.step
        if task.task.direction != DIRECTION_ACTION:
            self.ledger.undo(
                task.undo.action_idempotency_key,
                task.idempotency_key,
                saga,
                step,
                lambda database, output: service.undo(database, task.input.data, output),
            )
            return outcomes.Outcome(succeeded=Payload())
        service.before(task)
        output = self.ledger.perform(
            task.idempotency_key,
            (task.token.epoch, task.token.number),
            saga,
            step,
            lambda database: service.action(database, task.input.data),
            before_commit=lambda: service.before_commit(task),
        )
        service.after_commit(task)
        if isinstance(output, BusinessNo):
            return outcomes.Outcome(failed=Failure(code=output.code, message=output.message))
        return outcomes.Outcome(succeeded=Payload(data=output, content_type=JSON))
