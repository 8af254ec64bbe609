#!/usr/bin/env python3
"""Compares sets with an independent implementation of negentropy V1, as initiator and as server.

usage: negentropy_interop.py NEGENTROPY-PEER

NEGENTROPY-PEER is the built product of that name. The other side is the Rust implementation in
nostr-sdk of PyPI: its relay answers the project's initiator, and its client asks the project's
server, over websockets (NIP-77). Differences are checked against set arithmetic, and each message
against what the project says in the place of the other side, byte by byte. Ends with an error if
anything differs, or if less was checked than there is.
"""
import asyncio
import json
import random
import sys
from datetime import timedelta

import nostr_sdk
import websockets
from nostr_sdk import (
    ClientBuilder, DatabaseEventStatus, Event, EventBuilder, Filter, Keys, Kind, LocalRelayBuilder,
    NostrDatabase, NostrDatabaseFeatures, RateLimit, RelayUrl, SyncDirection, SyncOptions,
    Timestamp)

PATIENCE = 20
# Bytes of the longest message of nostr-sdk's relay and client.
THEIR_FRAME = 60_000
FILTER = {"kinds": [1]}

# Both hold `common` events, one side the next ones, the other the last. Timestamps are drawn from
# `first` on, over `span` numbers.
CASES = [
    dict(name="empty sets", common=0, mine=0, theirs=0, first=1, span=1),
    dict(name="nothing here", common=0, mine=0, theirs=90, first=10**9, span=10**8),
    dict(name="nothing there", common=0, mine=90, theirs=0, first=10**9, span=10**8),
    dict(name="equal sets", common=500, mine=0, theirs=0, first=10**9, span=10**8),
    dict(name="around the length of a list", common=30, mine=1, theirs=3, first=10**9, span=9),
    dict(name="scattered", common=1500, mine=40, theirs=50, first=10**9, span=10**8),
    dict(name="one timestamp", common=300, mine=20, theirs=20, first=1, span=1),
    dict(name="large timestamps", common=400, mine=30, theirs=30, first=2**62, span=2**61),
    dict(name="small frames", common=900, mine=150, theirs=150, first=10**9, span=300, frame=4096),
    dict(name="their frame is full", common=10, mine=20, theirs=2600, first=10**9, span=10**6),
]


class Peer:
    """The project's side as a child process."""

    def __init__(self, process):
        self.process = process

    @classmethod
    async def start(cls, program, storage, frame, events):
        process = await asyncio.create_subprocess_exec(
            program, storage, str(frame), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, limit=1 << 24)
        peer = cls(process)
        for event in events:
            process.stdin.write(
                f"item,{event.created_at().as_secs()},{event.id().to_hex()}\n".encode())
        process.stdin.write(b"seal\n")
        return peer

    async def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()

    async def hear(self):
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
        if not line.endswith(b"\n"):
            raise EOFError(f"the peer ended: {line}")
        return line.decode().strip()

    async def answer(self, message):
        """The answer of a server, in hexadecimal digits."""
        await self.say("msg," + message)
        return (await self.hear()).removeprefix("msg,")

    async def next(self, line):
        """The next message of an initiator, None at the end, and what it has found out."""
        await self.say(line)
        have, need = set(), set()
        while True:
            word, _, rest = (await self.hear()).partition(",")
            if word == "have":
                have.add(rest)
            elif word == "need":
                need.add(rest)
            else:
                return (rest if word == "msg" else None), have, need

    async def end(self):
        self.process.stdin.close()
        code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        if code != 0:
            raise AssertionError(f"the peer ended with {code}")


class Memory(NostrDatabase):
    """The client's events."""

    def __init__(self, events):
        self.events = {event.id().to_hex(): event for event in events}

    def backend(self):
        return "memory"

    def features(self):
        return NostrDatabaseFeatures(
            persistent=False, event_expiration=False, full_text_search=False,
            request_to_vanish=False)

    async def save_event(self, event):
        self.events[event.id().to_hex()] = event

    async def check_id(self, event_id):
        held = event_id.to_hex() in self.events
        return DatabaseEventStatus.SAVED if held else DatabaseEventStatus.NOT_EXISTENT

    async def event_by_id(self, event_id):
        return self.events.get(event_id.to_hex())

    async def count(self, _):
        return len(self.events)

    async def query(self, _):
        return list(self.events.values())

    async def delete_events(self, _):
        raise NotImplementedError

    async def wipe(self):
        raise NotImplementedError


def ids(events):
    return {event.id().to_hex() for event in events}


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def events_of(case, keys, source):
    """The events of the project's side and of the other side."""
    count = case["common"] + case["mine"] + case["theirs"]
    events = []
    for number in range(count):
        time = case["first"] + source.randrange(case["span"])
        note = EventBuilder(Kind(1), f"note {number}")
        events.append(note.custom_created_at(Timestamp.from_secs(time)).finalize(keys))
    source.shuffle(events)
    common, rest = events[:case["common"]], events[case["common"]:]
    return common + rest[:case["mine"]], common + rest[case["mine"]:]


async def store(socket, events):
    """Gives events to a relay."""
    for event in events:
        await socket.send('["EVENT",' + event.as_json() + "]")
    for _ in events:
        answer = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
        expect(answer[0] == "OK" and answer[2], f"the relay refused an event: {answer}")


async def ask_relay(program, case, mine, theirs):
    """The project asks nostr-sdk's relay. Returns how many messages there were."""
    limit = RateLimit(max_reqs=1_000_000, notes_per_minute=100_000_000)
    relay = LocalRelayBuilder().rate_limit(limit).build()
    await relay.run()
    initiator = await Peer.start(program, "tree", case.get("frame", 0), mine)
    twin = await Peer.start(program, "list", THEIR_FRAME, theirs)
    have, need, count = set(), set(), 0
    async with websockets.connect(str(await relay.url()), max_size=None) as socket:
        await store(socket, theirs)
        message, _, _ = await initiator.next("initiate")
        words = ["NEG-OPEN", "a", FILTER]
        while message is not None:
            await socket.send(json.dumps(words + [message]))
            answer = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
            expect(answer[:2] == ["NEG-MSG", "a"], f"the relay answers {answer}")
            expect(answer[2] == await twin.answer(message), "the relay's answer is another")
            message, more, lacking = await initiator.next("msg," + answer[2])
            have |= more
            need |= lacking
            words = ["NEG-MSG", "a"]
            count += 2
        await socket.send(json.dumps(["NEG-CLOSE", "a"]))
    await initiator.end()
    await twin.end()
    relay.shutdown()
    expect(have == ids(mine) - ids(theirs), "what only this side has is wrong")
    expect(need == ids(theirs) - ids(mine), "what only the relay has is wrong")
    return count


class Relay:
    """A relay that holds some events, and answers by the project's server."""

    def __init__(self, program, frame, events, twin):
        self.program = program
        self.frame = frame
        self.held = {event.id().to_hex(): event for event in events}
        self.own = list(events)
        # An initiator with what the client holds.
        self.twin = twin
        self.server = None
        self.expected = None
        self.count = 0
        self.sent = set()
        self.taken = set()
        self.error = None

    async def serve(self, socket):
        try:
            async for text in socket:
                for answer in await self.answers(json.loads(text)):
                    await socket.send(answer)
        except Exception as error:
            self.error = error
            raise

    async def answers(self, words):
        kind, name = words[0], words[1]
        if kind == "NEG-OPEN":
            expect(words[2] == FILTER, f"the client asks for {words[2]}")
            self.server = await Peer.start(self.program, "list", self.frame, self.own)
            self.expected, _, _ = await self.twin.next("initiate")
        if kind in ("NEG-OPEN", "NEG-MSG"):
            message = words[-1]
            expect(message == self.expected, "the client's message is another")
            answer = await self.server.answer(message)
            self.expected, _, _ = await self.twin.next("msg," + answer)
            self.count += 2
            return [json.dumps(["NEG-MSG", name, answer])]
        if kind == "NEG-CLOSE":
            expect(self.expected is None, "the client ends before its time")
            await self.server.end()
            self.server = None
        elif kind == "EVENT":
            event = Event.from_json(json.dumps(name))
            self.taken.add(event.id().to_hex())
            return [json.dumps(["OK", event.id().to_hex(), True, ""])]
        elif kind == "REQ":
            wanted = [self.held[name] for name in words[2]["ids"]]
            self.sent |= ids(wanted)
            return [f'["EVENT","{name}",{event.as_json()}]' for event in wanted] + [
                json.dumps(["EOSE", name])]
        return []


async def ask_project(program, case, mine, theirs):
    """nostr-sdk's client asks the project. Returns how many messages there were."""
    twin = await Peer.start(program, "tree", THEIR_FRAME, theirs)
    relay = Relay(program, case.get("frame", 0), mine, twin)
    async with websockets.serve(relay.serve, "127.0.0.1", 0, max_size=None) as server:
        url = RelayUrl.parse(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        memory = Memory(theirs)
        client = ClientBuilder().database(memory).build()
        await client.add_relay(url)
        await client.connect(timedelta(seconds=PATIENCE))
        options = SyncOptions().direction(SyncDirection.BOTH)
        result = await asyncio.wait_for(client.sync(Filter().kind(Kind(1)), opts=options), PATIENCE)
        await client.shutdown()
    if relay.error:
        raise relay.error
    await twin.end()
    expect(not result.failed, f"the client failed: {result.failed}")
    expect(relay.taken == ids(theirs) - ids(mine), "the client sent other events")
    expect(relay.sent == ids(mine) - ids(theirs), "the client fetched other events")
    expect(set(memory.events) == ids(mine) | ids(theirs), "the client holds other events")
    return relay.count


async def main(program):
    # nostr-sdk calls the database from threads of its own.
    nostr_sdk.uniffi_set_event_loop(asyncio.get_running_loop())
    source, keys, checks = random.Random(13), Keys.generate(), 0
    for case in CASES:
        for name, play in [("relay", ask_relay), ("client", ask_project)]:
            mine, theirs = events_of(case, keys, source)
            try:
                count = await play(program, case, mine, theirs)
            except Exception:
                print(f"{case['name']}, against nostr-sdk's {name} fails:", file=sys.stderr)
                raise
            print(f"{case['name']}, against nostr-sdk's {name}: {count} messages agree")
            checks += 1
    expect(checks == 2 * len(CASES), "less was checked than there is")
    print(f"{checks} comparisons agree")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1]))
