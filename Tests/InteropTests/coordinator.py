"""A `sagad` of one's own, and a client on stock grpcio."""

import json
import os
import random
import signal
import subprocess
import time

import grpc
import stubs  # noqa: F401
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from saga.v1 import admin_service_pb2 as admin
from saga.v1 import admin_service_pb2_grpc as admin_services
from saga.v1 import definition_pb2 as definitions
from saga.v1 import saga_pb2 as sagas
from saga.v1 import saga_service_pb2 as messages
from saga.v1 import saga_service_pb2_grpc as services
from saga.v1.common_pb2 import DefinitionRef, Payload, SagaRef

from participant import CHANNEL_OPTIONS, JSON

# Nothing here takes this long; what does has failed.
LIMIT = 30

# The folder for temporary files may be one that forgets.
OPTIONS = ("--log-level", "debug", "--allow-volatile")


def eventually(condition, what, limit=LIMIT):
    """Waits until the condition gives something, and gives that."""
    deadline = time.monotonic() + limit
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {limit} s still not: {what}")
        time.sleep(0.005)
    return value


class Coordinator:
    """A daemon over one data directory; started, killed and started again at the same address."""

    def __init__(self, program, directory):
        self._program = program
        self._data = os.path.join(directory, "data")
        self._ready_file = os.path.join(directory, "ready.json")
        self.log = os.path.join(directory, "sagad.log")
        self._process = None
        # An address of this program's own, so that nobody takes its port between two lives.
        host = ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))])
        self.address = f"{host}:0"
        os.mkdir(self._data, 0o700)

    def start(self):
        if os.path.exists(self._ready_file):
            os.remove(self._ready_file)
        flags = ["--data-dir", self._data, "--listen", self.address, "--metrics-listen", "none"]
        with open(self.log, "a") as log:
            self._process = subprocess.Popen(
                [self._program, *flags, "--ready-file", self._ready_file, *OPTIONS],
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

        def ready():
            if self._process.poll() is not None:
                raise AssertionError(f"sagad has ended: {self._process.returncode}")
            try:
                with open(self._ready_file) as file:
                    return json.load(file)
            except FileNotFoundError:
                return None

        ready = eventually(ready, "sagad serves")
        assert ready["pid"] == self._process.pid
        self.address = ready["listen"][0]
        self.epoch = int(ready["epoch"])
        return self

    def kill(self):
        """Ends it at once, whatever it is doing."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(LIMIT)

    def stop(self):
        """Asks it to end, and gives its exit status."""
        self._process.terminate()
        return self._process.wait(LIMIT)

    def close(self):
        if self._process and self._process.poll() is None:
            self.kill()


class Refused(Exception):
    """An error of the coordinator, with the machine-readable part that each must carry."""

    def __init__(self, error):
        self.code = error.code()
        self.message = error.details()
        details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
        assert details, f"no status details with {self.code}: {self.message}"
        status = status_pb2.Status.FromString(details)
        assert status.code == self.code.value[0], status
        assert status.message == self.message, status
        self.info = None
        self.violations = []
        for detail in status.details:
            info = error_details_pb2.ErrorInfo()
            request = error_details_pb2.BadRequest()
            if detail.Unpack(info):
                self.info = info
            elif detail.Unpack(request):
                self.violations = list(request.field_violations)
        assert self.info and self.info.reason, f"no ErrorInfo with {self.code}: {self.message}"
        assert self.info.domain == "saga.v1", self.info
        super().__init__(f"{self.code.name} {self.info.reason}: {self.message}")

    @property
    def reason(self):
        return self.info.reason

    @property
    def saga(self):
        return self.info.metadata["saga_id"]


class Client:
    """What a service that starts sagas does."""

    def __init__(self, address):
        self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._sagas = services.SagaServiceStub(self._channel)
        self._admin = admin_services.AdminServiceStub(self._channel)

    def close(self):
        self._channel.close()

    def call(self, method, request):
        """A unary call; its errors are `Refused`."""
        stub = self._admin if hasattr(self._admin, method) else self._sagas
        try:
            return getattr(stub, method)(request, timeout=LIMIT, wait_for_ready=True)
        except grpc.RpcError as error:
            raise Refused(error) from None

    def register(self, definition):
        request = messages.RegisterDefinitionRequest(definition=definition)
        return self.call("RegisterDefinition", request)

    def start(self, given, key="", definition="order", wait=False):
        """Starts a saga with a JSON value, or bytes, as its input."""
        data = given if isinstance(given, bytes) else json.dumps(given).encode()
        start = messages.SagaStart(
            definition=DefinitionRef(name=definition),
            input=Payload(data=data, content_type=JSON),
            key=key,
        )
        options = messages.AwaitOptions(timeout=Duration(seconds=LIMIT)) if wait else None
        return self.call("StartSaga", messages.StartSagaRequest(start=start, wait=options))

    def execute(self, given, key=""):
        """Starts a saga and gives it as it ended."""
        return self.end(self.start(given, key).started.saga_id)

    def end(self, saga):
        """Waits for the end of a saga, and gives it with all its parts."""
        wait = messages.AwaitOptions(
            timeout=Duration(seconds=LIMIT),
            view=sagas.SagaView(output=True, steps=True, history=True, payloads=True),
        )
        answer = self.call(
            "AwaitSaga", messages.AwaitSagaRequest(saga=SagaRef(saga_id=saga), wait=wait)
        )
        assert answer.reached, f"after {LIMIT} s saga {saga} has not ended"
        return answer.saga

    def get(self, saga):
        return self.call("GetSaga", messages.GetSagaRequest(saga=SagaRef(saga_id=saga))).saga

    def status(self):
        return self.call("GetStatus", admin.GetStatusRequest())


def order_definition(**retry):
    """The order saga; with `charge`'s retry policy where one is given."""
    steps = [
        definitions.StepDefinition(name="reserve", handler="inventory.reserve"),
        definitions.StepDefinition(name="charge", handler="payments.charge"),
        definitions.StepDefinition(name="ship", handler="shipping.book"),
    ]
    if retry:
        steps[1].retry.CopyFrom(definitions.RetryPolicy(**retry))
    return definitions.Definition(name="order", version=1, steps=steps)
