"""A session with the coordinator by hand: what is said is what a test gives."""

import threading

import grpc
import stubs  # noqa: F401
from saga.v1 import outcome_pb2 as outcomes
from saga.v1 import participant_service_pb2 as session
from saga.v1.common_pb2 import Payload, Token

from participant import CHANNEL_OPTIONS
from world import equal


class Wire:
    """A session by hand: what is said is what is given."""

    def __init__(self, world, *handlers, name="wire", instance="wire-1", raw=False):
        self._channel = grpc.insecure_channel(world.coordinator.address, options=CHANNEL_OPTIONS)
        self._requests = []
        self._ready = threading.Condition()
        self.handlers = handlers
        self.name = name
        self.instance = instance
        method = self._channel.stream_stream(
            "/saga.v1.ParticipantService/Attach",
            request_serializer=bytes if raw else session.AttachRequest.SerializeToString,
            response_deserializer=session.AttachResponse.FromString,
        )
        self.call = method(iter(self._next, None), timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.say(None)
        self.call.cancel()
        self._channel.close()

    def _next(self):
        with self._ready:
            self._ready.wait_for(lambda: self._requests)
            return self._requests.pop(0)

    def say(self, message):
        with self._ready:
            self._requests.append(message)
            self._ready.notify()

    def hello(self, **fields):
        offers = [session.HandlerOffer(handler=h, has_compensation=True) for h in self.handlers]
        hello = session.Hello(
            protocol_version=1,
            participant=self.name,
            instance=self.instance,
            handlers=offers,
            slots=4,
            **fields,
        )
        self.say(session.AttachRequest(hello=hello))
        return self.hear("welcome")

    def hear(self, kind):
        for response in self.call:
            if response.WhichOneof("message") == kind:
                return getattr(response, kind)
        raise AssertionError(f"the stream ended, and no {kind} came")

    def answer(self, task, data=b"{}", **token):
        """Answers a task, with a token that may be another; gives what became of that."""
        answered = Token(epoch=task.token.epoch, number=task.token.number)
        for field, value in token.items():
            setattr(answered, field, value)
        outcome = outcomes.Outcome(succeeded=Payload(data=data, content_type="application/json"))
        result = session.Result(task=task.task, token=answered, outcome=outcome)
        self.say(session.AttachRequest(result=result))
        ack = self.hear("result_ack")
        equal((ack.task, ack.token), (task.task, answered))
        return session.ResultDisposition.Name(ack.disposition)[len("RESULT_DISPOSITION_"):]


def ended_with(call):
    """The error with which a stream ends."""
    try:
        for _ in call:
            pass
    except grpc.RpcError as error:
        return error
    raise AssertionError("the stream ended without an error")
