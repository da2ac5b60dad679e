"""gRPC's interop cases (grpc/doc/interop-test-descriptions.md) by stock grpcio, against a server of
`grpc.testing.TestService`.

    test_service.py SERVER CASE          starts SERVER, the interop server, and runs a case against it
    test_service.py SERVER --tls FOLDER  the same with all cases, through TLS with the certificates
                                         that Tests/Certificates/make.sh has put into the folder
    test_service.py --list               names all cases

The stubs are made from Debian's grpc-proto. Exit 0: the case passed; 1: it did not, and says why.
"""

import atexit
import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from importlib import resources

import grpc

PROTOS = "/usr/share/grpc-proto"
REQUEST_BYTES, RESPONSE_BYTES = 271828, 314159
REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
PATIENCE = 20


def make_stubs():
    from grpc_tools import protoc

    folder = tempfile.mkdtemp(prefix="interop-stubs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    names = ["empty", "messages", "test"]
    arguments = [
        "protoc",
        f"--proto_path={PROTOS}",
        f"--proto_path={resources.files('grpc_tools') / '_proto'}",
        f"--python_out={folder}",
        f"--grpc_python_out={folder}",
        *(f"grpc/testing/{name}.proto" for name in names),
    ]
    if protoc.main(arguments) != 0:
        sys.exit("the protos of Debian's package grpc-proto cannot be compiled")
    # `grpc` is a package already; what is generated becomes a part of it.
    grpc.__path__.append(os.path.join(folder, "grpc"))
    sys.path.insert(0, folder)


make_stubs()

from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc  # noqa: E402


class Failure(Exception):
    pass


def expect(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what}: {found!r}, expected {wanted!r}")


def expect_code(call, code):
    """Makes a call that is to fail, and gives its error."""
    try:
        call()
    except grpc.RpcError as error:
        expect(error.code(), code, f"status ({error.details()})")
        return error
    raise Failure(f"the call succeeded; {code} was expected")


def payload(size):
    return messages_pb2.Payload(body=bytes(size))


def boolean(value):
    return messages_pb2.BoolValue(value=value)


def simple(**fields):
    fields.setdefault("response_size", RESPONSE_BYTES)
    return messages_pb2.SimpleRequest(payload=payload(REQUEST_BYTES), **fields)


def output_request(*sizes, body=0, **fields):
    return messages_pb2.StreamingOutputCallRequest(
        response_parameters=[
            messages_pb2.ResponseParameters(size=size, **fields) for size in sizes
        ],
        payload=payload(body),
    )


def sizes_of(responses):
    return [len(response.payload.body) for response in responses]


class Requests:
    """A request stream that is fed while the call runs."""

    def __init__(self):
        self.ready = threading.Condition()
        self.queue = []
        self.closed = False

    def send(self, request):
        with self.ready:
            self.queue.append(request)
            self.ready.notify()

    def close(self):
        with self.ready:
            self.closed = True
            self.ready.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self.ready:
            while not self.queue and not self.closed:
                self.ready.wait()
            if self.queue:
                return self.queue.pop(0)
            raise StopIteration


def empty_unary(stub, channel):
    expect(stub.EmptyCall(empty_pb2.Empty(), timeout=PATIENCE), empty_pb2.Empty(), "response")


def large_unary(stub, channel):
    response = stub.UnaryCall(simple(), timeout=PATIENCE)
    expect(response.payload.body, bytes(RESPONSE_BYTES), "payload")


def cacheable_unary(stub, channel):
    for _ in range(2):
        response, call = stub.CacheableUnaryCall.with_call(
            simple(), timeout=PATIENCE, metadata=(("x-user-ip", "1.2.3.4"),)
        )
        expect(len(response.payload.body), RESPONSE_BYTES, "payload")
        head = dict(call.initial_metadata())
        expect(head.get("cache-control"), "max-age=60, public", "cache-control")


def client_streaming(stub, channel):
    requests = (
        messages_pb2.StreamingInputCallRequest(payload=payload(size)) for size in REQUEST_SIZES
    )
    response = stub.StreamingInputCall(requests, timeout=PATIENCE)
    expect(response.aggregated_payload_size, sum(REQUEST_SIZES), "sum")


def server_streaming(stub, channel):
    responses = stub.StreamingOutputCall(output_request(*RESPONSE_SIZES), timeout=PATIENCE)
    expect(sizes_of(responses), list(RESPONSE_SIZES), "sizes")


def server_streaming_with_interval(stub, channel):
    began = time.monotonic()
    request = output_request(1, 2, 3, interval_us=20000)
    expect(sizes_of(stub.StreamingOutputCall(request, timeout=PATIENCE)), [1, 2, 3], "sizes")
    if time.monotonic() - began < 0.06:
        raise Failure("three intervals of 20 ms took less than 60 ms")


def ping_pong(stub, channel):
    requests = Requests()
    responses = stub.FullDuplexCall(requests, timeout=PATIENCE)
    for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        requests.send(output_request(response_size, body=request_size))
        expect(len(next(responses).payload.body), response_size, "size")
    requests.close()
    expect(list(responses), [], "responses behind the last")


def half_duplex(stub, channel):
    requests = [output_request(size) for size in RESPONSE_SIZES]
    responses = stub.HalfDuplexCall(iter(requests), timeout=PATIENCE)
    expect(sizes_of(responses), list(RESPONSE_SIZES), "sizes")


def empty_stream(stub, channel):
    expect(list(stub.FullDuplexCall(iter(()), timeout=PATIENCE)), [], "responses")
    expect(list(stub.HalfDuplexCall(iter(()), timeout=PATIENCE)), [], "responses")
    response = stub.StreamingInputCall(iter(()), timeout=PATIENCE)
    expect(response.aggregated_payload_size, 0, "sum")


def cancel_after_begin(stub, channel):
    requests = Requests()
    call = stub.StreamingInputCall.future(requests)
    call.cancel()
    requests.close()
    expect(call.cancelled(), True, "cancelled")
    expect(call.code(), grpc.StatusCode.CANCELLED, "status")
    empty_unary(stub, channel)


def cancel_after_first_response(stub, channel):
    requests = Requests()
    responses = stub.FullDuplexCall(requests)
    requests.send(output_request(RESPONSE_SIZES[0], body=REQUEST_SIZES[0]))
    expect(len(next(responses).payload.body), RESPONSE_SIZES[0], "size")
    responses.cancel()
    requests.close()
    expect_code(lambda: next(responses), grpc.StatusCode.CANCELLED)
    empty_unary(stub, channel)


def timeout_on_sleeping_server(stub, channel):
    requests = Requests()
    responses = stub.FullDuplexCall(requests, timeout=0.001)
    requests.send(messages_pb2.StreamingOutputCallRequest(payload=payload(27182)))
    expect_code(lambda: next(responses), grpc.StatusCode.DEADLINE_EXCEEDED)
    requests.close()
    # A server that sleeps in the middle of an answer is cut off too.
    slow = output_request(1, interval_us=30_000_000)
    expect_code(
        lambda: list(stub.StreamingOutputCall(slow, timeout=0.1)),
        grpc.StatusCode.DEADLINE_EXCEEDED,
    )


def echoed_status(stub, text):
    wanted = messages_pb2.EchoStatus(code=2, message=text)
    error = expect_code(
        lambda: stub.UnaryCall(
            messages_pb2.SimpleRequest(response_status=wanted), timeout=PATIENCE
        ),
        grpc.StatusCode.UNKNOWN,
    )
    expect(error.details(), text, "message of the unary call")
    request = messages_pb2.StreamingOutputCallRequest(response_status=wanted)
    error = expect_code(
        lambda: list(stub.FullDuplexCall(iter([request]), timeout=PATIENCE)),
        grpc.StatusCode.UNKNOWN,
    )
    expect(error.details(), text, "message of the stream")


def status_code_and_message(stub, channel):
    echoed_status(stub, "test status message")


def special_status_message(stub, channel):
    echoed_status(stub, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")


def unimplemented_method(stub, channel):
    expect_code(
        lambda: stub.UnimplementedCall(empty_pb2.Empty(), timeout=PATIENCE),
        grpc.StatusCode.UNIMPLEMENTED,
    )


def unimplemented_service(stub, channel):
    other = test_pb2_grpc.UnimplementedServiceStub(channel)
    expect_code(
        lambda: other.UnimplementedCall(empty_pb2.Empty(), timeout=PATIENCE),
        grpc.StatusCode.UNIMPLEMENTED,
    )


def custom_metadata(stub, channel):
    sent = (
        ("x-grpc-test-echo-initial", "test_initial_metadata_value"),
        ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"),
    )

    def check(call):
        expect(dict(call.initial_metadata()).get(sent[0][0]), sent[0][1], "initial metadata")
        expect(dict(call.trailing_metadata()).get(sent[1][0]), sent[1][1], "trailing metadata")

    _, call = stub.UnaryCall.with_call(simple(), metadata=sent, timeout=PATIENCE)
    check(call)
    call = stub.FullDuplexCall(
        iter([output_request(RESPONSE_BYTES, body=REQUEST_BYTES)]),
        metadata=sent,
        timeout=PATIENCE,
    )
    expect(sizes_of(call), [RESPONSE_BYTES], "sizes")
    check(call)


def client_compressed_unary(stub, channel):
    expect_code(
        lambda: stub.UnaryCall(simple(expect_compressed=boolean(True)), timeout=PATIENCE),
        grpc.StatusCode.INVALID_ARGUMENT,
    )
    for compression, expected in (
        (grpc.Compression.Gzip, True),
        (grpc.Compression.NoCompression, False),
    ):
        response = stub.UnaryCall(
            simple(expect_compressed=boolean(expected)),
            compression=compression,
            timeout=PATIENCE,
        )
        expect(len(response.payload.body), RESPONSE_BYTES, "payload")


def client_compressed_streaming(stub, channel):
    def requests(*expected):
        return (
            messages_pb2.StreamingInputCallRequest(
                payload=payload(size), expect_compressed=boolean(flag)
            )
            for size, flag in zip((27182, 45904), expected)
        )

    expect_code(
        lambda: stub.StreamingInputCall(requests(True), timeout=PATIENCE),
        grpc.StatusCode.INVALID_ARGUMENT,
    )
    # grpcio compresses all messages of a call or none.
    for compression, expected in (
        (grpc.Compression.Gzip, True),
        (grpc.Compression.NoCompression, False),
    ):
        response = stub.StreamingInputCall(
            requests(expected, expected), compression=compression, timeout=PATIENCE
        )
        expect(response.aggregated_payload_size, 73086, "sum")


def server_compressed_unary(stub, channel):
    for flag in (True, False):
        response = stub.UnaryCall(
            simple(response_compressed=boolean(flag)), timeout=PATIENCE
        )
        expect(response.payload.body, bytes(RESPONSE_BYTES), "payload")


def server_compressed_streaming(stub, channel):
    request = messages_pb2.StreamingOutputCallRequest(
        response_parameters=[
            messages_pb2.ResponseParameters(size=31415, compressed=boolean(True)),
            messages_pb2.ResponseParameters(size=92653, compressed=boolean(False)),
        ]
    )
    responses = stub.StreamingOutputCall(request, timeout=PATIENCE)
    expect(sizes_of(responses), [31415, 92653], "sizes")


def many_streams_at_once(stub, channel):
    """Not of gRPC's list: 50 streams that wait for each other's turn."""
    streams = []
    for _ in range(50):
        requests = Requests()
        streams.append((requests, stub.FullDuplexCall(requests, timeout=PATIENCE)))
    for size in RESPONSE_SIZES:
        for requests, _ in streams:
            requests.send(output_request(size))
        for _, responses in streams:
            expect(len(next(responses).payload.body), size, "size")
    for requests, responses in streams:
        requests.close()
        expect(list(responses), [], "responses behind the last")


CASES = {
    case.__name__: case
    for case in (
        empty_unary,
        large_unary,
        cacheable_unary,
        client_streaming,
        server_streaming,
        server_streaming_with_interval,
        ping_pong,
        half_duplex,
        empty_stream,
        cancel_after_begin,
        cancel_after_first_response,
        timeout_on_sleeping_server,
        status_code_and_message,
        special_status_message,
        unimplemented_method,
        unimplemented_service,
        custom_metadata,
        client_compressed_unary,
        client_compressed_streaming,
        server_compressed_unary,
        server_compressed_streaming,
        many_streams_at_once,
    )
}


def start(server, folder, *flags):
    """Starts the interop server; gives its process and address."""
    ready = os.path.join(folder, "ready.json")
    process = subprocess.Popen([server, "--listen", "127.0.0.1:0", "--ready-file", ready, *flags])
    until = time.monotonic() + PATIENCE
    while not os.path.exists(ready):
        if process.poll() is not None:
            raise Failure(f"{server} ended with {process.returncode}")
        if time.monotonic() > until:
            process.kill()
            raise Failure(f"{server} was not ready within {PATIENCE} s")
        time.sleep(0.01)
    with open(ready, encoding="utf-8") as file:
        return process, json.load(file)["listen"][0]


@contextlib.contextmanager
def running(server, *flags):
    """Gives the address of a server that ends in order after the block."""
    with tempfile.TemporaryDirectory() as folder:
        process, address = start(server, folder, *flags)
        try:
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(PATIENCE)
        expect(status, 0, "exit status of the server")


def run(server, case):
    with running(server) as address, grpc.insecure_channel(address) as channel:
        case(test_pb2_grpc.TestServiceStub(channel), channel)


def run_secure(server, certificates):
    def file(name):
        return os.path.join(certificates, name)

    def secure_channel(port, roots):
        with open(file(roots), "rb") as roots:
            credentials = grpc.ssl_channel_credentials(roots.read())
        return grpc.secure_channel(f"localhost:{port}", credentials)

    flags = ("--tls-cert", file("server.pem"), "--tls-key", file("server.key"))
    with running(server, *flags) as address:
        port = address.rpartition(":")[2]
        with secure_channel(port, "stranger.pem") as channel:
            error = expect_code(
                lambda: empty_unary(test_pb2_grpc.TestServiceStub(channel), channel),
                grpc.StatusCode.UNAVAILABLE,
            )
            expect("CERTIFICATE_VERIFY_FAILED" in error.details(), True, error.details())
        with secure_channel(port, "root.pem") as channel:
            for name, case in CASES.items():
                try:
                    case(test_pb2_grpc.TestServiceStub(channel), channel)
                except (Failure, grpc.RpcError) as error:
                    raise Failure(f"{name}: {error}") from error


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(CASES))
        return 0
    match arguments:
        case [server, "--tls", certificates]:
            name, body = "TLS", lambda: run_secure(server, certificates)
        case [server, name] if name in CASES:
            body = functools.partial(run, server, CASES[name])
        case _:
            sys.exit(__doc__)
    try:
        body()
    except (Failure, grpc.RpcError) as error:
        print(f"{name} failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
