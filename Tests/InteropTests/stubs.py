"""Python code for `Protos/`, made by grpcio-tools when a program starts, in a folder of its own.

The folder goes when the program ends. A program that starts others hands it to them in the variable
SAGA_STUBS, so that it is made once.
"""

import atexit
import os
import pathlib
import shutil
import sys
import tempfile
from importlib import resources

PROTOS = pathlib.Path(__file__).resolve().parents[2] / "Protos"


def _make():
    from grpc_tools import protoc

    folder = tempfile.mkdtemp(prefix="saga-stubs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    sources = sorted(PROTOS.glob("saga/v1/*.proto")) + sorted(PROTOS.glob("google/rpc/*.proto"))
    arguments = [
        "protoc",
        f"--proto_path={PROTOS}",
        f"--proto_path={resources.files('grpc_tools') / '_proto'}",
        f"--python_out={folder}",
        f"--grpc_python_out={folder}",
        *(str(source.relative_to(PROTOS)) for source in sources),
    ]
    if protoc.main(arguments) != 0:
        sys.exit("Protos/ cannot be compiled: " + " ".join(arguments))
    os.environ["SAGA_STUBS"] = folder
    return folder


sys.path.insert(0, os.environ.get("SAGA_STUBS") or _make())
