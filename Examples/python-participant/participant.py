"""A participant's side of the wire contract, on grpcio alone.

One session with the coordinator, opened again when it is lost. All of the session's state belongs to
one asyncio loop; handlers run on threads, so that a slow one never stops the heartbeats.
"""

import asyncio
import concurrent.futures
import contextlib
import logging
import random
import time
import uuid
from dataclasses import dataclass, field

import grpc

from google.rpc import error_details_pb2, status_pb2
from saga.v1 import outcome_pb2 as outcomes
from saga.v1 import participant_service_pb2 as wire
from saga.v1 import participant_service_pb2_grpc as services
from saga.v1.common_pb2 import DIRECTION_ACTION, AttemptRef, Failure, Payload

log = logging.getLogger("participant")

JSON = "application/json"
RECONNECT_FIRST = 0.05
RECONNECT_MOST = 2.0
# Where the coordinator itself says to come again, while it replays its journal.
COME_AGAIN_MOST = 0.2
# The longest that is waited because the coordinator asked for it.
REATTACH_MOST = 60.0
WELCOME_WITHIN = 5.0
# How long it stays on a stream that the coordinator has said to leave.
LEAVING_WITHIN = 10.0
# Intervals without an answer to a heartbeat, and answers that speak of waiting tasks while none
# comes, after which the session is replaced: a connection can look alive and be deaf.
SILENT_INTERVALS = 2
HUNGRY_ANSWERS = 3
# So late means that this whole process stood still: the answers are there and not read yet.
PAUSE_OF_PROCESS = 1.0

# Asking again cannot help: the name, the rights or the protocol of this participant are wrong, or
# another process has attached under the same name and instance.
FINAL_CODES = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
}
FINAL_REASONS = {"DISPLACED", "PROTOCOL_VERSION"}


class BusinessNo(Exception):
    """The handler's word: no, and nothing has changed. The saga goes back, without a retry."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Fenced(Exception):
    """This attempt comes too late: a newer one, or the undo, has been at work already."""


class Behind(Exception):
    """The coordinator is in an earlier life than one that this participant has met."""


@dataclass(frozen=True)
class Handler:
    """An action, and the compensation that undoes it; each gets a `Context` and gives bytes or None.

    What they raise: `BusinessNo` when nothing has changed; anything else means *nobody knows*, and
    the same task comes again under the same key.
    """

    action: object
    compensation: object = None


@dataclass
class Context:
    """What a handler knows of its attempt."""

    task: wire.Task
    lineage: str
    _sign: object
    cancelled: concurrent.futures.Future = field(default_factory=concurrent.futures.Future)

    @property
    def key(self):
        """The idempotency key: the same on every attempt of this task."""
        return self.task.idempotency_key

    @property
    def token(self):
        """Which attempt this is. A later one compares greater."""
        return self.task.token.epoch, self.task.token.number

    @property
    def input(self):
        """The input; a compensation gets what its action got."""
        return self.task.input.data

    def heartbeat(self, progress=None):
        """Says that this handler itself gets on; `progress` is what the next attempt can read."""
        self._sign(None if progress is None else Payload(data=progress, content_type=JSON))


def reason_of(error):
    """The machine-readable reason of a no; empty when there is none."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info):
                    return info.reason
    return ""


def name_of(message):
    """What names the attempt that a message is about."""
    task, token = message.task, message.token
    return task.saga_id, task.step, task.direction, token.epoch, token.number


class Participant:
    """Serves handlers until it is asked to leave."""

    def __init__(
        self, name, handlers, coordinators, instance=None, slots=16, undo_slots=4, drain=10.0,
        ended_below=lambda lineage, ended: None,
    ):
        """
        :param handlers: `Handler` values by name, such as `shipping.book`.
        :param coordinators: addresses; the next one is tried when one cannot be reached.
        :param instance: unique among the processes of this participant. One that is the same after
            a restart ends the old process's attempts at once; left out, it is random.
        :param drain: for how many seconds running handlers are awaited when it leaves.
        :param ended_below: is told which sagas can ask no more, so that their rows may go.
        """
        self.name = name
        self.instance = instance or str(uuid.uuid4())
        self.handlers = handlers
        self.coordinators = list(coordinators)
        self.slots = slots
        self.undo_slots = undo_slots
        self.drain = drain
        self.ended_below = ended_below
        self._threads = concurrent.futures.ThreadPoolExecutor(slots + undo_slots)
        # Attempts whose handlers run, and results that nobody has acknowledged yet. Both outlive
        # sessions: each Hello names all of them.
        self._running = {}
        self._results = {}
        self._signs = {}
        self._lives = {}
        self._output_limit = 1 << 20
        self._backoff = RECONNECT_FIRST
        self._stream = None
        self._leaving = None
        self._changed = asyncio.Event()

    def leave(self):
        """Takes no more tasks, finishes what runs, hands over its results, and ends."""
        if self._leaving is None:
            self._leaving = time.monotonic() + self.drain
            self._say(draining=wire.Draining())
            self._settled()

    async def run(self):
        """Serves until `leave` has done its work, or the coordinator says a final no."""
        attempt = 0
        while not self._is_over():
            address = self.coordinators[attempt % len(self.coordinators)]
            attempt += 1
            try:
                wait = await self._session(address)
            except grpc.aio.AioRpcError as error:
                reason = reason_of(error)
                if error.code() in FINAL_CODES or reason in FINAL_REASONS:
                    raise
                is_told = reason and error.code() == grpc.StatusCode.UNAVAILABLE
                wait = self._lost(
                    f"{error.code().name}: {error.details()}",
                    COME_AGAIN_MOST if is_told else RECONNECT_MOST,
                )
            except (Behind, asyncio.TimeoutError, ConnectionError) as error:
                wait = self._lost(str(error) or "no Welcome in time")
            until = time.monotonic() + wait
            while not self._is_over() and (left := until - time.monotonic()) > 0:
                self._changed.clear()
                if self._leaving is not None:
                    left = min(left, self._leaving - time.monotonic())
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), left)
        # A handler that still runs is left alone: its attempt becomes unknown, and comes again.
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _is_over(self):
        if self._leaving is None:
            return False
        return not (self._running or self._results) or time.monotonic() >= self._leaving

    def _settled(self):
        """Something need not be waited for any more; perhaps that was the last."""
        self._changed.set()
        if self._is_over() and self._stream:
            self._stream.put_nowait(None)

    def _lost(self, reason, most=RECONNECT_MOST):
        """How long to wait before the next session: full jitter, so that not all come at once."""
        wait = random.uniform(0, min(self._backoff, most))
        self._backoff = min(2 * self._backoff, RECONNECT_MOST)
        log.warning("session lost: %s; the next try in %.2f s", reason, wait)
        return wait

    # --- One session ---

    async def _session(self, address):
        """Serves one stream to its end, and says how long to wait before the next one."""
        async with grpc.aio.insecure_channel(
            address,
            # Messages have up to 4 MiB. A pool of its own: no backoff of an earlier connection.
            options=[
                ("grpc.max_receive_message_length", 4 << 20),
                ("grpc.use_local_subchannel_pool", 1),
            ],
        ) as channel:
            stream = services.ParticipantServiceStub(channel).Attach()
            outgoing = asyncio.Queue()
            outgoing.put_nowait(wire.AttachRequest(hello=self._hello()))
            writer = asyncio.create_task(self._write(stream, outgoing))
            beats = None
            try:
                first = await asyncio.wait_for(stream.read(), WELCOME_WITHIN)
                if first is grpc.aio.EOF or not first.HasField("welcome"):
                    raise ConnectionError("no Welcome came first")
                session = self._welcomed(first.welcome)
                self._stream = outgoing
                # In the order in which they were kept: the coordinator may have lost none of them.
                for result in self._results.values():
                    self._say(result=result)
                if self._leaving is not None:
                    self._say(draining=wire.Draining())
                beats = asyncio.create_task(self._beat(session, stream))
                return await self._read(session, stream)
            finally:
                self._stream = None
                for task in (writer, beats):
                    if task:
                        task.cancel()
                stream.cancel()

    def _hello(self):
        """Complete: an attempt that was given to this instance and is not named here is unknown."""
        return wire.Hello(
            protocol_version=1,
            sdk="python-example/1",
            participant=self.name,
            instance=self.instance,
            handlers=[
                wire.HandlerOffer(handler=name, has_compensation=handler.compensation is not None)
                for name, handler in self.handlers.items()
            ],
            slots=self.slots,
            undo_slots=self.undo_slots,
            running=[
                AttemptRef(task=context.task.task, token=context.task.token)
                for context in self._running.values()
            ],
            finished=[AttemptRef(task=r.task, token=r.token) for r in self._results.values()],
            known_lives=[
                wire.KnownLife(lineage=lineage, epoch=epoch, life=life)
                for lineage, (epoch, life) in self._lives.items()
            ],
        )

    def _welcomed(self, welcome):
        epoch, life = self._lives.get(welcome.lineage, (0, welcome.life))
        if welcome.epoch < epoch or (welcome.epoch == epoch and welcome.life != life):
            # A copy of the journal that was started by hand: it does not know what happened since.
            raise Behind(f"the coordinator is in epoch {welcome.epoch}, {epoch} has been met")
        self._lives[welcome.lineage] = (welcome.epoch, welcome.life)
        self._output_limit = welcome.output_limit
        self._told(welcome.lineage, welcome)
        log.info("attached: epoch %d, generation %d", welcome.epoch, welcome.generation)
        return _Session(welcome.lineage, welcome.heartbeat_interval.ToTimedelta().total_seconds())

    @staticmethod
    async def _write(stream, outgoing):
        # What goes wrong here, the reader is told too.
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            while request := await outgoing.get():
                await stream.write(request)
            await stream.done_writing()

    async def _read(self, session, stream):
        while True:
            try:
                response = await stream.read()
            except asyncio.CancelledError:
                if session.given_up is None:
                    raise
                if self._is_over():
                    return 0
                if session.drained_at is not None:
                    return self._reattach(session)
                return self._lost(session.given_up)
            except grpc.aio.AioRpcError as error:
                if session.drained_at is None or reason_of(error) in FINAL_REASONS:
                    raise
                return self._reattach(session)
            if response is grpc.aio.EOF:
                if self._is_over():
                    return 0
                if session.drained_at is not None:
                    return self._reattach(session)
                return self._lost("the coordinator ended the stream")
            kind = response.WhichOneof("message")
            if kind == "task":
                self._take(session, response.task)
            elif kind == "cancel":
                context = self._running.get(name_of(response.cancel))
                if context and not context.cancelled.done():
                    # The handler still answers: its slot is taken until then.
                    context.cancelled.set_result(response.cancel.reason)
            elif kind == "result_ack":
                # Whatever became of it, it need not be kept.
                self._results.pop(name_of(response.result_ack), None)
                self._settled()
            elif kind == "heartbeat_ack":
                self._answered(session, response.heartbeat_ack)
            elif kind == "drain":
                session.drained_at = time.monotonic()
                session.changed.set()
                session.drain_reason = response.drain.reason
                if response.drain.HasField("reconnect_after"):
                    after = response.drain.reconnect_after.ToTimedelta().total_seconds()
                    session.reattach_after = min(after, REATTACH_MOST)

    def _reattach(self, session):
        """How long to wait after the coordinator has said to leave."""
        if session.reattach_after is None:
            return self._lost(f"the coordinator leaves: {session.drain_reason}")
        log.info(
            "the coordinator leaves: %s; the next try in %.2f s",
            session.drain_reason, session.reattach_after,
        )
        return session.reattach_after

    def _say(self, **message):
        """Sends if there is a session; what must not be lost is kept beside it."""
        if self._stream:
            self._stream.put_nowait(wire.AttachRequest(**message))

    # --- Signs of life ---

    async def _beat(self, session, stream):
        """A heartbeat in each interval; ends the stream when nobody answers them."""
        next_beat = time.monotonic() + session.interval
        while session.given_up is None:
            silent_at = session.answered_at + SILENT_INTERVALS * session.interval
            due = min(next_beat, silent_at)
            if session.drained_at is not None:
                due = min(due, session.drained_at + LEAVING_WITHIN)
            if self._leaving is not None:
                due = min(due, self._leaving)
            session.changed.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(session.changed.wait(), max(0, due - time.monotonic()))
            now = time.monotonic()
            silent_at = session.answered_at + SILENT_INTERVALS * session.interval
            if now >= silent_at + PAUSE_OF_PROCESS:
                session.answered_at = now
            elif now >= silent_at:
                session.given_up = "no answer to heartbeats"
            elif session.hungry_answers >= HUNGRY_ANSWERS:
                session.given_up = "tasks wait, slots are free, and none has come"
            elif session.drained_at is not None and now >= session.drained_at + LEAVING_WITHIN:
                session.given_up = "the coordinator leaves"
            elif self._leaving is not None and now >= self._leaving:
                session.given_up = "the time to leave is over"
            elif now >= next_beat:
                self._send_signs()
                next_beat = now + session.interval
        stream.cancel()

    def _send_signs(self):
        self._say(heartbeat=wire.Heartbeat(attempts=list(self._signs.values())))
        self._signs.clear()

    def _answered(self, session, ack):
        self._backoff = RECONNECT_FIRST
        session.answered_at = time.monotonic()
        self._told(session.lineage, ack)
        is_idle = (
            not self._running and not session.had_task and self._leaving is None
            and session.drained_at is None
        )
        session.hungry_answers = session.hungry_answers + 1 if ack.waiting_tasks and is_idle else 0
        session.had_task = False
        session.changed.set()

    def _told(self, lineage, message):
        if message.HasField("ended_below"):
            self._threads.submit(self._drop_rows, lineage, message.ended_below)

    def _drop_rows(self, lineage, ended):
        try:
            self.ended_below(lineage, ended)
        except Exception:
            log.exception("rows of ended sagas stay for now")

    def _signed(self, context, progress):
        """A handler's own heartbeat; goes out with the next one of the session."""
        name = name_of(context.task)
        if name not in self._running:
            return
        sign = self._signs.setdefault(
            name, wire.AttemptHeartbeat(task=context.task.task, token=context.task.token)
        )
        if progress is not None:
            sign.progress.CopyFrom(progress)

    # --- Tasks ---

    def _take(self, session, task):
        session.had_task = True
        self._backoff = RECONNECT_FIRST
        name = name_of(task)
        if name in self._running:
            return
        if name in self._results:
            self._say(result=self._results[name])
            return
        reason = self._reason_to_decline(task)
        if reason is not None:
            self._keep(task, outcomes.Outcome(declined=outcomes.Declined(reason=reason)))
            return
        loop = asyncio.get_running_loop()
        context = Context(
            task, session.lineage,
            lambda progress: loop.call_soon_threadsafe(self._signed, context, progress),
        )
        self._running[name] = context
        handler = self.handlers[task.handler]
        is_action = task.task.direction == DIRECTION_ACTION
        work = handler.action if is_action else handler.compensation
        done = loop.run_in_executor(self._threads, _outcome, work, context)
        done.add_done_callback(lambda done: self._finished(task, done))

    def _reason_to_decline(self, task):
        """Why a task is not begun, which is certain to have no effect; None if it is."""
        if self._leaving is not None:
            return outcomes.DECLINED_REASON_DRAINING
        is_action = task.task.direction == DIRECTION_ACTION
        handler = self.handlers.get(task.handler)
        if handler is None or not (is_action or handler.compensation):
            return outcomes.DECLINED_REASON_HANDLER_UNKNOWN
        alike = sum(
            (context.task.task.direction == DIRECTION_ACTION) == is_action
            for context in self._running.values()
        )
        if alike >= (self.slots if is_action else self.undo_slots):
            return outcomes.DECLINED_REASON_NO_SLOT
        return None

    def _finished(self, task, done):
        if name_of(task) in self._signs and self._stream:
            # The progress of an attempt is recorded with its end, so it goes before the result.
            self._send_signs()
        self._signs.pop(name_of(task), None)
        self._running.pop(name_of(task))
        if done.cancelled():
            return
        outcome = done.result()
        size = len(outcome.succeeded.data)
        if size > self._output_limit:
            # It ran: the saga goes back and undoes it with its output unknown.
            outcome = outcomes.Outcome(
                refused=outcomes.Refused(
                    reason=outcomes.REFUSED_REASON_TOO_LARGE, size=size, limit=self._output_limit
                )
            )
        self._keep(task, outcome)

    def _keep(self, task, outcome):
        """Keeps a result until it is acknowledged; a new session sends it again."""
        result = wire.Result(task=task.task, token=task.token, outcome=outcome)
        self._results[name_of(task)] = result
        self._say(result=result)


@dataclass
class _Session:
    """One stream that was welcomed."""

    lineage: str
    interval: float
    answered_at: float = field(default_factory=time.monotonic)
    had_task: bool = False
    hungry_answers: int = 0
    # When the coordinator has said to leave, why, and after what time to come again.
    drained_at: float | None = None
    drain_reason: str = ""
    reattach_after: float | None = None
    # Why this side has left it.
    given_up: str | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)


def _outcome(work, context):
    """Runs a handler on this thread, and says what its attempt ended with."""
    try:
        output = work(context)
    except BusinessNo as no:
        return outcomes.Outcome(failed=Failure(code=no.code, message=str(no)))
    except Fenced as late:
        log.warning("%s: %s", context.key, late)
        # A sound coordinator drops this as stale; after a restore a person decides.
        return outcomes.Outcome(hold=outcomes.Hold(reason="fenced"))
    except Exception as error:
        log.exception("%s", context.key)
        failure = Failure(code=type(error).__name__, message=str(error)[:1000])
        return outcomes.Outcome(retry=outcomes.Retry(failure=failure))
    if output is None:
        return outcomes.Outcome(succeeded=Payload())
    return outcomes.Outcome(succeeded=Payload(data=output, content_type=JSON))
