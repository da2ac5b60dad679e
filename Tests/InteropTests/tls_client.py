"""A client on stock grpcio that asks a coordinator for its status over TLS.

    tls_client.py ADDRESS ROOTS [CERTIFICATE KEY]

Writes the name of the status code; for those that are not OK what grpcio says of it, too.
"""

import sys

import grpc


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main(address, roots, *own):
    certificate, key = [read(path) for path in own] or (None, None)
    credentials = grpc.ssl_channel_credentials(read(roots), key, certificate)
    with grpc.secure_channel(address, credentials) as channel:
        status = channel.unary_unary("/saga.v1.AdminService/GetStatus")
        try:
            status(b"", timeout=20)
        except grpc.RpcError as error:
            print(error.code().name, error.details())
        else:
            print("OK")


main(*sys.argv[1:])
