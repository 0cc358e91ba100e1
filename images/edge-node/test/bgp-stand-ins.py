"""What stands around a node in bgp-namespaces.sh: a proxy, a provider's metadata service, and clients.

proxy NAME PORT                  says its name to each connection, and gives back what comes in
metadata ADDRESS instance|list   answers as Vultr's or as Equinix Metal's metadata service do, to each node with its own
clients PORT                     holds connections; reads commands: open COUNT ADDRESS, check, close
visit ADDRESS PORT COUNT         opens so many connections, one after the other, and counts who answers
"""

import asyncio
import collections
import ipaddress
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = 2  # seconds in which a connection has to answer


async def proxy(name, port):
    async def serve(reader, writer):
        try:
            writer.write(f"{name}\n".encode())
            while data := await reader.read(1000):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, ["0.0.0.0", "::"], int(port), backlog=1000)
    await server.serve_forever()


def metadata(address, kind):
    """Nodes are 10.SITE.NODE.2 and fd00:SITE:NODE::2."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            own = self.client_address[0]
            _, site, node, _ = own.split(".")
            own6 = f"fd00:{site}:{node}::2"
            body = instance(own, own6) if kind == "instance" else neighbours(own, own6)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    ThreadingHTTPServer((address, 80), Handler).serve_forever()


def instance(own, own6):
    """The part of http://169.254.169.254/v1.json that concerns BGP."""
    return {"bgp": {"ipv4": {"my-address": own}, "ipv6": {"my-address": own6}}}


def neighbours(own, own6):
    """The part of https://metadata.platformequinix.com/metadata that concerns BGP."""

    def entry(family, address, peers):
        return {
            "address_family": family,
            "customer_as": 65000,
            "customer_ip": address,
            "md5_enabled": True,
            "multihop": True,
            "peer_as": 65530,
            "peer_ips": peers,
        }

    gateway = str(ipaddress.ip_address(own) - 1)
    return {
        "bgp_neighbors": [
            entry(4, own, ["169.254.255.1", "169.254.255.2"]),
            entry(6, own6, ["fc00::e", "fc00::f"]),
        ],
        "network": {"addresses": [{"public": False, "gateway": gateway}]},
    }


async def connect(address, port):
    """A connection and the name of who serves it."""
    reader, writer = await asyncio.wait_for(asyncio.open_connection(address, int(port)), ANSWER)
    try:
        name = (await asyncio.wait_for(reader.readline(), ANSWER)).decode().strip()
    except (OSError, asyncio.TimeoutError):
        writer.close()
        raise
    return name, reader, writer


async def answers(reader, writer):
    try:
        writer.write(b"ping")
        return await asyncio.wait_for(reader.readexactly(4), ANSWER) == b"ping"
    except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
        return False


async def clients(port):
    held = []
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command, *rest = line.split()
        if command == "open":
            number, address = rest
            held += await asyncio.gather(*(connect(address, port) for _ in range(int(number))))
            print(count((name, True) for name, *_ in held), flush=True)
        elif command == "check":
            alive = await asyncio.gather(*(answers(reader, writer) for _, reader, writer in held))
            print(count((one[0], well) for one, well in zip(held, alive)), flush=True)
            held = [one for one, well in zip(held, alive) if well]
        elif command == "close":
            for _, _, writer in held:
                writer.close()
            held = []
            print("closed", flush=True)


def count(outcomes):
    """ "a1=50/52": 50 of 52 connections that began at a1 answer."""
    total, well = collections.Counter(), collections.Counter()
    for name, is_well in outcomes:
        total[name] += 1
        well[name] += is_well
    return " ".join(f"{name}={well[name]}/{total[name]}" for name in sorted(total))


async def visit(address, port, number):
    seen = collections.Counter()
    for _ in range(int(number)):
        try:
            name, _, writer = await connect(address, port)
            writer.close()
        except (OSError, asyncio.TimeoutError):
            name = "failed"
        seen[name or "failed"] += 1
        await asyncio.sleep(0.01)
    print(" ".join(f"{name}={seen[name]}" for name in sorted(seen)), flush=True)


if __name__ == "__main__":
    verb, *arguments = sys.argv[1:]
    if verb == "metadata":
        metadata(*arguments)
    else:
        asyncio.run({"proxy": proxy, "clients": clients, "visit": visit}[verb](*arguments))
