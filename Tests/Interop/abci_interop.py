#!/usr/bin/env python3
"""Plays CometBFT's side of state sync against `livesync abci`, with definitions nobody here wrote.

usage: abci_interop.py LIVESYNC ABCI-SAMPLE

LIVESYNC is the program, ABCI-SAMPLE the built product that makes a data directory with snapshots.
The messages are those of xian-tech-abci (cometbft.abci.v1) and cosmpy (tendermint.abci), both of
PyPI; this script follows the reactor of CometBFT (internal/statesync): discovery, the best snapshot
by height, format and number of peers, four fetchers that ask random peers and ask again after ten
seconds, chunks applied in their order, refetches and rejected senders. Its times are divided by
HASTE. Ends with an error if anything differs, or if less was checked than there is.
"""
import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from cometbft.abci.v1 import types_pb2 as v1
from cosmpy.protos.tendermint.abci import types_pb2 as tendermint

HASTE = 40
# internal/statesync/{syncer,reactor}.go and config.DefaultStateSyncConfig.
DISCOVERY = 15 / HASTE
CHUNK_TIMEOUT = 120 / HASTE
RETRY_TIMEOUT = 10 / HASTE
FETCHERS = 4
RECENT_SNAPSHOTS = 10
CHECKS = []

ACCEPT, ABORT, REJECT, REJECT_FORMAT, REJECT_SENDER = 1, 2, 3, 4, 5
RETRY, RETRY_SNAPSHOT, REJECT_SNAPSHOT = 3, 4, 5


def check(condition, name):
    if not condition:
        raise AssertionError(name)
    CHECKS.append(name)
    print(f"ok  {name}", flush=True)


def varint(value):
    data = b""
    while value >= 0x80:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


class Connection:
    """One connection of the socket protocol: a request, then Flush, as CometBFT's client sends."""

    def __init__(self, address, definitions=v1):
        self.definitions = definitions
        if address.startswith("unix://"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(address.removeprefix("unix://"))
        else:
            host, port = address.removeprefix("tcp://").rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)))
        self.socket.settimeout(60)
        self.lock = threading.Lock()

    def take(self, count):
        data = bytearray()
        while len(data) < count:
            more = self.socket.recv(min(count - len(data), 1 << 20))
            if not more:
                raise EOFError("the application closed the connection")
            data += more
        return bytes(data)

    def message(self):
        length = shift = 0
        while True:
            byte = self.take(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return self.take(length)

    def call(self, kind, **fields):
        request = self.definitions.Request(**{kind: fields}).SerializeToString()
        flush = self.definitions.Request(flush={}).SerializeToString()
        with self.lock:
            self.socket.sendall(varint(len(request)) + request + varint(len(flush)) + flush)
            answer = self.definitions.Response.FromString(self.message())
            flushed = self.definitions.Response.FromString(self.message())
        assert flushed.WhichOneof("value") == "flush", flushed
        return answer

    def answer(self, kind, **fields):
        answer = self.call(kind, **fields)
        assert answer.WhichOneof("value") == kind, answer
        return getattr(answer, kind)


class Program:
    """`livesync abci` over a data directory."""

    def __init__(self, livesync, folder, genesis, listen="tcp://127.0.0.1:0"):
        self.process = subprocess.Popen(
            [livesync, "abci", "--data", folder, "--genesis", genesis, "--listen", listen],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().split()
        assert line[:1] == ["listening"], (line, self.process.stderr.read())
        self.address = line[1]
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line.strip())

    def connect(self, definitions=v1):
        return Connection(self.address, definitions)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


class Peer:
    """A node of the network, which serves what one application has; what it does with a chunk on the
    way is `change`: (index, bytes) to bytes, None for no answer, or MISSING."""
    MISSING = object()

    def __init__(self, name, connection, change=lambda index, chunk: chunk, relist=lambda list: list):
        self.name, self.connection = name, connection
        self.change, self.relist = change, relist
        self.served = 0

    def snapshots(self):
        listed = list(self.connection.answer("list_snapshots").snapshots)
        return self.relist(listed)[:RECENT_SNAPSHOTS]

    def chunk(self, snapshot, index):
        chunk = self.connection.answer(
            "load_snapshot_chunk", height=snapshot.height, format=snapshot.format, chunk=index).chunk
        self.served += 1
        return self.change(index, chunk)


def key(snapshot):
    return (snapshot.height, snapshot.format, snapshot.chunks, snapshot.hash, snapshot.metadata)


class Pool:
    """The snapshots that were heard of: internal/statesync/snapshots.go."""

    def __init__(self):
        self.snapshots, self.peers = {}, {}
        self.bad_snapshots, self.bad_formats, self.bad_peers = set(), set(), set()

    def add(self, peer, snapshot):
        name = key(snapshot)
        if (name in self.bad_snapshots or snapshot.format in self.bad_formats
                or peer in self.bad_peers):
            return
        self.snapshots[name] = snapshot
        self.peers.setdefault(name, []).append(peer)

    def best(self):
        ranked = sorted(self.snapshots, reverse=True,
                        key=lambda name: (name[0], name[1], len(self.peers[name])))
        return self.snapshots[ranked[0]] if ranked else None

    def reject(self, snapshot):
        self.bad_snapshots.add(key(snapshot))
        self.remove(lambda name: name == key(snapshot))

    def reject_format(self, format):
        self.bad_formats.add(format)
        self.remove(lambda name: name[1] == format)

    def reject_peer(self, peer):
        self.bad_peers.add(peer)
        for name in self.peers:
            self.peers[name] = [other for other in self.peers[name] if other is not peer]
        self.remove(lambda name: not self.peers[name])

    def remove(self, condition):
        for name in [name for name in self.snapshots if condition(name)]:
            del self.snapshots[name], self.peers[name]


class Chunks:
    """The chunks of one snapshot: internal/statesync/chunks.go."""

    def __init__(self, snapshot):
        self.count = snapshot.chunks
        self.lock = threading.Condition()
        self.data, self.senders = {}, {}
        self.allocated, self.returned = set(), set()
        self.isClosed = False

    def allocate(self):
        with self.lock:
            for index in range(self.count):
                if index not in self.allocated and index not in self.data:
                    self.allocated.add(index)
                    return index
            return None

    def add(self, index, data, sender):
        with self.lock:
            if index in self.data or self.isClosed:
                return
            self.data[index], self.senders[index] = data, sender
            self.lock.notify_all()

    def has(self, index):
        return index in self.data

    def discard(self, index):
        with self.lock:
            self.data.pop(index, None)
            self.senders.pop(index, None)
            self.allocated.discard(index)
            self.returned.discard(index)

    def discard_sender(self, sender):
        with self.lock:
            unapplied = [index for index, other in self.senders.items()
                         if other is sender and index not in self.returned]
        for index in unapplied:
            self.discard(index)
        return len(unapplied)

    def retry(self, index):
        with self.lock:
            self.returned.discard(index)

    def retry_all(self):
        with self.lock:
            self.returned.clear()

    def next(self):
        """The next chunk in order, None when all were returned; waits at most CHUNK_TIMEOUT."""
        end = time.monotonic() + CHUNK_TIMEOUT
        with self.lock:
            while True:
                wanted = [index for index in range(self.count) if index not in self.returned]
                if not wanted:
                    return None
                if wanted[0] in self.data:
                    self.returned.add(wanted[0])
                    return wanted[0]
                if not self.lock.wait(max(0, end - time.monotonic())):
                    raise TimeoutError(f"no chunk {wanted[0]}")


class Syncer:
    """internal/statesync/syncer.go. `trusted` gives the app hash of a height, as the light client
    does, or None if it cannot be verified."""

    def __init__(self, application, peers, trusted):
        self.application, self.peers, self.trusted = application, peers, trusted
        self.pool = Pool()
        self.offers, self.applied, self.refetched, self.discarded = [], 0, 0, 0
        self.rejected = []
        # Called before each chunk is applied.
        self.hook = lambda applied: None

    def discover(self):
        time.sleep(DISCOVERY)
        for peer in self.peers:
            for snapshot in peer.snapshots():
                self.pool.add(peer, snapshot)

    def sync_any(self):
        self.discover()
        while True:
            snapshot = self.pool.best()
            if snapshot is None:
                return None
            try:
                self.sync(snapshot)
                return snapshot
            except Abort:
                raise
            except RejectSnapshot:
                self.pool.reject(snapshot)
            except RejectFormat:
                self.pool.reject_format(snapshot.format)
            except RejectSender:
                for peer in list(self.pool.peers[key(snapshot)]):
                    self.pool.reject_peer(peer)
            except TimeoutError:
                self.pool.reject(snapshot)

    def sync(self, snapshot):
        app_hash = self.trusted(snapshot.height)
        if app_hash is None:
            raise RejectSnapshot("no verified header")
        result = self.application.answer(
            "offer_snapshot", snapshot={
                "height": snapshot.height, "format": snapshot.format, "chunks": snapshot.chunks,
                "hash": snapshot.hash, "metadata": snapshot.metadata},
            app_hash=app_hash).result
        self.offers.append((snapshot.height, snapshot.format, result))
        if result != ACCEPT:
            raise {ABORT: Abort, REJECT: RejectSnapshot, REJECT_FORMAT: RejectFormat,
                   REJECT_SENDER: RejectSender}[result]()
        chunks = Chunks(snapshot)
        stop = threading.Event()
        fetchers = [threading.Thread(target=self.fetch, args=(snapshot, chunks, stop), daemon=True)
                    for _ in range(FETCHERS)]
        for fetcher in fetchers:
            fetcher.start()
        try:
            self.apply(chunks)
        finally:
            stop.set()
            for fetcher in fetchers:
                fetcher.join()
        info = self.application.answer("info")
        assert info.last_block_app_hash == app_hash, "the app hash after the restore"
        assert info.last_block_height == snapshot.height, "the height after the restore"

    def fetch(self, snapshot, chunks, stop):
        while not stop.is_set():
            index = chunks.allocate()
            if index is None:
                time.sleep(0.01)
                continue
            while not stop.is_set() and not chunks.has(index):
                with chunks.lock:
                    if index not in chunks.allocated:
                        break
                peers = list(self.pool.peers.get(key(snapshot), []))
                if peers:
                    threading.Thread(target=self.ask, daemon=True, args=(
                        random.choice(peers), snapshot, index, chunks)).start()
                # As long as nobody has answered, somebody else is asked after a while.
                end = time.monotonic() + RETRY_TIMEOUT
                while time.monotonic() < end and not chunks.has(index) and not stop.is_set():
                    time.sleep(0.002)

    def ask(self, peer, snapshot, index, chunks):
        data = peer.chunk(snapshot, index)
        if data is not None and data is not Peer.MISSING:
            chunks.add(index, data, peer)

    def apply(self, chunks):
        names = {peer.name: peer for peer in self.peers}
        while True:
            index = chunks.next()
            if index is None:
                return
            self.hook(self.applied)
            result = self.application.answer(
                "apply_snapshot_chunk", index=index, chunk=chunks.data[index],
                sender=chunks.senders[index].name)
            for other in result.refetch_chunks:
                chunks.discard(other)
                self.refetched += 1
            for sender in result.reject_senders:
                if sender:
                    self.rejected.append(sender)
                    self.pool.reject_peer(names[sender])
                    self.discarded += chunks.discard_sender(names[sender])
            if result.result == ACCEPT:
                self.applied += 1
            elif result.result == ABORT:
                raise Abort()
            elif result.result == RETRY:
                chunks.retry(index)
            elif result.result == RETRY_SNAPSHOT:
                chunks.retry_all()
            elif result.result == REJECT_SNAPSHOT:
                raise RejectSnapshot()
            else:
                raise AssertionError(f"result {result.result}")


class Abort(Exception):
    pass


class RejectSnapshot(Exception):
    pass


class RejectFormat(Exception):
    pass


class RejectSender(Exception):
    pass


def flip(data, at=None):
    place = len(data) // 2 if at is None else at
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]


class World:
    """A server with snapshots, and fresh data directories of the same chain."""

    def __init__(self, livesync, sample):
        self.livesync = livesync
        self.folder = tempfile.mkdtemp(prefix="livesync-abci-")
        self.genesis = self.folder + "/genesis.json"
        subprocess.run([livesync, "genesis", "--out", self.genesis, "--keys", self.folder,
                        "--validators", "2", "--accounts", "100000",
                        "--data-bytes", "200", "--blocks-per-batch", "4",
                        "--batches-per-epoch", "2"],
                       check=True, stdout=subprocess.DEVNULL)
        out = subprocess.run([sample, self.folder + "/server", self.genesis,
                              self.folder + "/validators.key"],
                             check=True, capture_output=True, text=True).stdout
        self.hashes = {int(height): bytes.fromhex(root)
                       for height, root in (line.split() for line in out.splitlines())}
        self.server = Program(livesync, self.folder + "/server", self.genesis)
        self.fresh_count = 0

    def fresh(self, listen="tcp://127.0.0.1:0", folder=None):
        if folder is None:
            self.fresh_count += 1
            folder = f"{self.folder}/fresh{self.fresh_count}"
        program = Program(self.livesync, folder, self.genesis, listen)
        program.folder = folder
        return program

    def peer(self, name, **behaviour):
        return Peer(name, self.server.connect(), **behaviour)

    def end(self):
        self.server.end()
        shutil.rmtree(self.folder)


def only(*formats):
    return lambda snapshots: [snapshot for snapshot in snapshots if snapshot.format in formats]


def golden():
    for definitions in (v1, tendermint):
        for fields, expected in [
                ({"echo": {"message": "hi"}}, "060a040a026869"), ({"flush": {}}, "021200"),
                ({"list_snapshots": {}}, "026200"),
                ({"load_snapshot_chunk": {"height": 1000, "format": 1, "chunk": 3}},
                 "09720708e80710011803")]:
            data = definitions.Request(**fields).SerializeToString()
            check((varint(len(data)) + data).hex() == expected,
                  f"golden {definitions.DESCRIPTOR.package} {next(iter(fields))}")


def basics(world):
    for definitions in (v1, tendermint):
        name = definitions.DESCRIPTOR.package
        server = world.server.connect(definitions)
        check(server.answer("echo", message="hi").message == "hi", f"{name} echo")
        info = server.answer("info", version="1.0.0")
        check(info.last_block_app_hash == world.hashes[info.last_block_height], f"{name} info")
        check(server.call("init_chain").WhichOneof("value") == "exception", f"{name} init_chain")
        check(server.call("check_tx", tx=b"x").WhichOneof("value") == "exception", f"{name} check_tx")
        check(server.answer("query", path="/p2p/filter/id/x").code == 0, f"{name} peer filter")
        check(server.answer("query", path="/nothing").code != 0, f"{name} query")
        listed = server.answer("list_snapshots").snapshots
        check({snapshot.format for snapshot in listed} == {1, 2}, f"{name} both formats are listed")
        check(server.call("load_snapshot_chunk", height=1, format=9, chunk=0).WhichOneof("value")
              == "exception", f"{name} no such chunk")


def restore(world):
    """A liar and a silent peer among honest ones, over a socket of the file system."""
    fresh = world.fresh(listen=f"unix://{world.folder}/abci.sock")
    application = fresh.connect()
    info = application.answer("info")
    check(info.last_block_height == 0 and info.last_block_app_hash == b"", "a fresh node has nothing")
    peers = [world.peer("honest"), world.peer("other"),
             world.peer("liar", change=lambda index, chunk: flip(chunk)),
             world.peer("silent", change=lambda index, chunk: None),
             world.peer("pruned", change=lambda index, chunk: Peer.MISSING)]
    # The liar answers first, so that its chunks are among those that are applied.
    peers[0].change = peers[1].change = lambda index, chunk: (time.sleep(0.02), chunk)[1]
    syncer = Syncer(application, peers, world.hashes.get)
    snapshot = syncer.sync_any()
    check(snapshot is not None and snapshot.format == 2, "restored in format 2")
    check(snapshot.height == max(world.hashes), "the highest snapshot was taken")
    check(set(syncer.rejected) <= {"liar"} and syncer.refetched == len(syncer.rejected),
          f"only the liar was rejected ({syncer.refetched} refetched)")
    check(syncer.applied == snapshot.chunks, "each chunk was applied once")
    check(fresh.end() == 0, "SIGTERM ends the program")
    check(not os.path.exists(f"{world.folder}/abci.sock"), "its socket is removed")
    subprocess.run([world.livesync, "db", "check", fresh.folder + "/store"], check=True,
                   stdout=subprocess.DEVNULL)
    check(True, "livesync db check finds nothing wrong")


def only_liars(world):
    fresh = world.fresh()
    peers = [world.peer(f"liar{number}", relist=only(2), change=lambda index, chunk: flip(chunk))
             for number in range(3)]
    syncer = Syncer(fresh.connect(), peers, world.hashes.get)
    check(syncer.sync_any() is None, "nothing is restored from liars alone")
    check(len(set(syncer.rejected)) == 3, "all liars were rejected")
    info = fresh.connect().answer("info")
    check(info.last_block_height == 0, "and the node still has nothing")
    fresh.end()


def false_offers(world):
    """Offers that lie, each followed by the honest one."""
    def changed(**fields):
        def relist(snapshots):
            out = []
            for snapshot in only(2)(snapshots):
                copy = type(snapshot)()
                copy.CopyFrom(snapshot)
                for name, change in fields.items():
                    setattr(copy, name, change(getattr(copy, name)))
                out.append(copy)
            return out
        return relist
    lies = {
        "count": ({"chunks": lambda count: count + 1}, REJECT_SENDER),
        "huge count": ({"chunks": lambda count: 0xffffffff}, REJECT_SENDER),
        "hash": ({"hash": flip}, REJECT_SENDER),
        "metadata": ({"metadata": lambda data: flip(data, 40)}, REJECT_SENDER),
        "long metadata": ({"metadata": lambda data: data + bytes(1 << 20)}, REJECT_SENDER),
        "format": ({"format": lambda format: 7}, REJECT_FORMAT),
    }
    for name, (fields, expected) in lies.items():
        fresh = world.fresh()
        peers = [world.peer("liar", relist=changed(**fields)), world.peer("honest", relist=only(2)),
                 world.peer("other", relist=only(2))]
        syncer = Syncer(fresh.connect(), peers, world.hashes.get)
        # The lie comes first.
        liar = peers[0].snapshots()[0]
        try:
            syncer.sync(liar)
            raise AssertionError(name)
        except (RejectSender, RejectFormat):
            pass
        check(syncer.offers[0][2] == expected, f"a false {name} is refused")
        check(syncer.sync_any() is not None, f"the honest snapshot is restored after a false {name}")
        fresh.end()
    fresh = world.fresh()
    syncer = Syncer(fresh.connect(), [world.peer("honest", relist=only(2))],
                    lambda height: flip(world.hashes[height]))
    check(syncer.sync_any() is None and fresh.connect().answer("info").last_block_height == 0,
          "nothing is restored against the app hash")
    fresh.end()


def kills(world):
    """kill -9 at every chunk and between; CometBFT then begins anew and the application goes on."""
    fresh = world.fresh()
    folder = fresh.folder
    total, lives, accepted = 0, 0, 0

    class Killed(Exception):
        pass

    while True:
        peers = [world.peer("honest", relist=only(2)), world.peer("other", relist=only(2))]
        syncer = Syncer(fresh.connect(), peers, world.hashes.get)
        target = lives + 1

        def hook(applied):
            if applied == target:
                fresh.kill()
                raise Killed()
        syncer.hook = hook
        try:
            snapshot = syncer.sync_any()
            break
        except Killed:
            lives += 1
            fresh = world.fresh(folder=folder)
    check(snapshot is not None and lives >= 3, f"restored over {lives} kills")
    fresh.end()
    # At moments that nobody chose, the end among them.
    for number in range(12):
        fresh = world.fresh()
        folder = fresh.folder
        timer = threading.Timer(0.02 + 0.02 * number, fresh.kill)
        timer.start()
        syncer = Syncer(fresh.connect(), [world.peer("honest", relist=only(2))], world.hashes.get)
        try:
            syncer.sync_any()
        except (OSError, EOFError):
            pass
        timer.join()
        fresh.kill()
        fresh = world.fresh(folder=folder)
        info = fresh.connect().answer("info")
        assert info.last_block_height in (0, max(world.hashes)), info
        if info.last_block_height == 0:
            syncer = Syncer(fresh.connect(), [world.peer("honest", relist=only(2))],
                            world.hashes.get)
            assert syncer.sync_any() is not None
        assert fresh.end() == 0
        subprocess.run([world.livesync, "db", "check", folder + "/store"], check=True,
                       stdout=subprocess.DEVNULL)
        assert not os.path.exists(folder + "/restoring"), "what was restored is left"
    check(True, "restored after 12 kills at any moment")


def second_offer(world):
    """GH/cosmos/cosmos-sdk/issues/16868."""
    fresh = world.fresh()
    application = fresh.connect()
    never = Syncer(application, [world.peer("silent", relist=only(2),
                                            change=lambda index, chunk: None)], world.hashes.get)
    check(never.sync_any() is None, "a snapshot that nobody sends times out")
    syncer = Syncer(application, [world.peer("honest", relist=only(2))], world.hashes.get)
    check(syncer.sync_any() is not None, "the same snapshot is taken at a second offer")
    fresh.end()


def missing_everywhere(world):
    """GH/gonka-ai/gonka/issues/632: the last chunk is missing everywhere."""
    fresh = world.fresh()

    def change(count):
        return lambda index, chunk: Peer.MISSING if index == count - 1 else chunk
    count = only(2)(world.server.connect().answer("list_snapshots").snapshots)[0].chunks
    peers = [world.peer(f"p{number}", relist=lambda snapshots: only(2)(snapshots)[:1],
                        change=change(count)) for number in range(2)]
    syncer = Syncer(fresh.connect(), peers, world.hashes.get)
    check(syncer.sync_any() is None, "a snapshot without its last chunk is not restored")
    check(fresh.connect().answer("info").last_block_height == 0, "and nothing of it is live")
    folder = fresh.folder
    check(fresh.end() == 0, "the node ends in order")
    fresh = world.fresh(folder=folder)
    syncer = Syncer(fresh.connect(), [world.peer("honest")], world.hashes.get)
    check(syncer.sync_any() is not None, "and goes on when somebody has it")
    fresh.end()


def hash_only(world):
    fresh = world.fresh()
    peers = [world.peer("honest", relist=only(1)), world.peer("other", relist=only(1)),
             world.peer("liar", relist=only(1), change=lambda index, chunk: flip(chunk))]
    syncer = Syncer(fresh.connect(), peers, world.hashes.get)
    snapshot = syncer.sync_any()
    check(snapshot is not None and snapshot.format == 1, "restored in format 1")
    check(set(syncer.rejected) <= {"liar"}, "only the liar was rejected in format 1")
    fresh.end()
    subprocess.run([world.livesync, "db", "check", fresh.folder + "/store"], check=True,
                   stdout=subprocess.DEVNULL)


def main():
    livesync, sample = sys.argv[1:]
    random.seed(1)
    world = World(livesync, sample)
    try:
        golden()
        for part in (basics, restore, only_liars, false_offers, kills, second_offer,
                     missing_everywhere, hash_only):
            print(f"--  {part.__name__}", flush=True)
            part(world)
        assert len(CHECKS) == 58, f"{len(CHECKS)} checks"
    finally:
        world.end()
    print(f"PASS: {len(CHECKS)} checks")


main()
