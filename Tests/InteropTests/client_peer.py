"""A server on stock grpcio for the tests of the client channel.

    client_peer.py ADDRESS-FILE ADDRESS

Listens at ADDRESS (127.0.0.1:0 takes a free port, unix:PATH a socket), writes the address into
ADDRESS-FILE by rename, and serves raw bytes at /interop.Peer/: Echo, Fail, Hang, Hanging,
Cancelled, Metadata, Bidi, Squeeze, Leave.
"""

import os
import sys
import threading
from concurrent import futures

import grpc

cancelled = threading.Semaphore(0)
hanging = threading.Semaphore(0)
leaving = threading.Event()


def echo(request, context):
    return request


def fail(request, context):
    """CODE|TEXT: ends with that code and text, with details and a trailer of its own."""
    code, text = request.decode().split("|", 1)
    context.set_trailing_metadata(
        (
            ("grpc-status-details-bin", b"\x08\x05\x00\xff"),
            ("x-trailer", "seen"),
            ("x-trailer-bin", b"\x00\x01"),
        )
    )
    context.abort(next(c for c in grpc.StatusCode if c.value[0] == int(code)), text)


def hang(request, context):
    """Waits until the caller has given up, and counts it."""
    over = threading.Event()
    context.add_callback(over.set)
    hanging.release()
    over.wait()
    cancelled.release()
    return b""


def await_cancelled(request, context):
    """Answers once one more call of Hang has been given up."""
    cancelled.acquire()
    return b"cancelled"


def await_hanging(request, context):
    """Answers once one more call of Hang has come."""
    hanging.acquire()
    return b"hanging"


def metadata(request, context):
    """Answers with what came: the time left in whole seconds, and metadata named x-."""
    lines = [f"time {round(context.time_remaining() or -1)}"]
    for name, value in context.invocation_metadata():
        if name.startswith("x-"):
            lines.append(f"{name} {value!r}")
    return "\n".join(lines).encode()


def bidi(requests, context):
    for request in requests:
        yield request


def squeeze(requests, context):
    """Echoes with gzip."""
    context.set_compression(grpc.Compression.Gzip)
    for request in requests:
        yield request


def leave(request, context):
    """Has the server end in order and the program with it: GOAWAY behind this answer."""
    leaving.set()
    return b"leaving"


def main():
    address_file, address = sys.argv[1:]
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=16),
        options=[
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", 16 << 20),
            ("grpc.max_send_message_length", 16 << 20),
        ],
    )
    unary = grpc.unary_unary_rpc_method_handler
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(
                "interop.Peer",
                {
                    "Echo": unary(echo),
                    "Fail": unary(fail),
                    "Hang": unary(hang),
                    "Hanging": unary(await_hanging),
                    "Cancelled": unary(await_cancelled),
                    "Metadata": unary(metadata),
                    "Leave": unary(leave),
                    "Bidi": grpc.stream_stream_rpc_method_handler(bidi),
                    "Squeeze": grpc.stream_stream_rpc_method_handler(squeeze),
                },
            ),
        )
    )
    port = server.add_insecure_port(address)
    server.start()
    with open(address_file + ".new", "w") as file:
        file.write(address.removesuffix(":0") + f":{port}" if address.endswith(":0") else address)
    os.rename(address_file + ".new", address_file)
    leaving.wait()
    server.stop(grace=30).wait()


main()
