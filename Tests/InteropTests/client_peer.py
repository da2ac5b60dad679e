"""A server on stock grpcio for the tests of the client channel.

    client_peer.py ADDRESS-FILE ADDRESS [CERTIFICATES]

Listens at ADDRESS (127.0.0.1:0 takes a free port, unix:PATH a socket; several may share a port),
writes the address into ADDRESS-FILE by rename, and serves raw bytes at /interop.Peer/: Echo, Fail,
Hang, Hanging, Cancelled, Metadata, Who, Late, Collect, Drip, Bidi, Squeeze, Leave. With a folder
that Tests/Certificates/make.sh has filled through TLS, for clients with a certificate of its root.
"""

import os
import sys
import threading
from concurrent import futures

import grpc

cancelled = threading.Semaphore(0)
hanging = threading.Semaphore(0)
leaving = threading.Event()
going = threading.Event()


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


def who(request, context):
    """Answers with the number of this process."""
    return str(os.getpid()).encode()


def late(request, context):
    """Answers when the server has begun to leave."""
    hanging.release()
    going.wait()
    return b"late"


def collect(requests, context):
    """Answers a stream with the count and the bytes of its messages."""
    sizes = [len(request) for request in requests]
    return f"{len(sizes)} {sum(sizes)}".encode()


def drip(request, context):
    """COUNT|SIZE|END: gives COUNT messages of SIZE zeros; then ends with the code END or, if that
    is "never", waits until the caller has given up, and counts it."""
    count, size, end = request.decode().split("|")
    for _ in range(int(count)):
        yield bytes(int(size))
    if end == "never":
        hang(request, context)
    elif end != "0":
        fail(f"{end}|behind {count} messages".encode(), context)


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


def credentials(certificates):
    files = []
    for name in ("server.key", "server.pem", "root.pem"):
        with open(os.path.join(certificates, name), "rb") as file:
            files.append(file.read())
    key, certificate, root = files
    return grpc.ssl_server_credentials(
        [(key, certificate)], root_certificates=root, require_client_auth=True
    )


def main():
    address_file, address, *certificates = sys.argv[1:]
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=32),
        options=[
            ("grpc.so_reuseport", 1),
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
                    "Who": unary(who),
                    "Late": unary(late),
                    "Leave": unary(leave),
                    "Collect": grpc.stream_unary_rpc_method_handler(collect),
                    "Drip": grpc.unary_stream_rpc_method_handler(drip),
                    "Bidi": grpc.stream_stream_rpc_method_handler(bidi),
                    "Squeeze": grpc.stream_stream_rpc_method_handler(squeeze),
                },
            ),
        )
    )
    if certificates:
        port = server.add_secure_port(address, credentials(certificates[0]))
    else:
        port = server.add_insecure_port(address)
    server.start()
    with open(address_file + ".new", "w") as file:
        file.write(address.removesuffix(":0") + f":{port}" if address.endswith(":0") else address)
    os.rename(address_file + ".new", address_file)
    leaving.wait()
    ended = server.stop(grace=30)
    going.set()
    ended.wait()


main()
