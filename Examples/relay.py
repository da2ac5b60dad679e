"""A relay for TCP: stopped with SIGSTOP, both sides have a connection that is open and silent.

python3 relay.py HOST:PORT FILE    relays to that address, and writes its own port into the file
"""

import asyncio
import contextlib
import os
import sys


async def pipe(reader, writer):
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def main(address, port_file):
    host, _, port = address.rpartition(":")

    async def relay(reader, writer):
        try:
            other_reader, other_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        await asyncio.gather(pipe(reader, other_writer), pipe(other_reader, writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    with open(port_file + ".new", "w", encoding="ascii") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(port_file + ".new", port_file)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
