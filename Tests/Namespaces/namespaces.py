#!/usr/bin/env python3
"""Runs a chain of real nodes between network namespaces, over lines of 10 Mbit/s, and breaks it.

Needs root, iproute2 and the program. Four nodes, one of which makes blocks, and a joiner, each in a
namespace of its own at one bridge. Each line is limited both ways by a token bucket (tc tbf).

    namespaces.py PROGRAM [--timed] [SCENARIO...]

Scenarios: limit, header, kill, stop, link, address, key, reconcile; all of them if none is named. With
--timed the times of `limit` and `reconcile` are bounded too, which only says something on a machine that
does nothing else. Exit code 0 if every node ends synced, nobody was banned and the limits hold.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

RATE_BITS = 10_000_000
ACCOUNTS = 60_000
DATA_BYTES = 250
BLOCK_MS = 1_000
# The whole of a leaf on the wire: key, value with balance, nonce and data, and their lengths.
LIMIT_FACTOR = 1.25
# A host that stands still for a moment makes answers late, and what is late is asked for twice: of
# so many joiners the best counts.
LIMIT_TRIES = 3
PATIENCE_S = 180
# Longer than a silent peer is waited for.
STANDSTILL_S = 60


def run(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True)


class Namespaces:
    """A bridge and one namespace for each node, named after this process."""

    def __init__(self):
        self.prefix = f"ls{os.getpid() % 100000}"
        self.switch = f"{self.prefix}-sw"
        run("ip", "netns", "add", self.switch)
        self.switched("ip", "link", "add", "br0", "type", "bridge")
        self.switched("ip", "link", "set", "br0", "up")
        # The switch has an address too, from which the test asks the nodes.
        self.switched("ip", "addr", "add", "10.77.0.254/24", "dev", "br0")
        self.names = []

    def switched(self, *words):
        return run("ip", "netns", "exec", self.switch, *words)

    def inside(self, name, *words, check=True):
        return run("ip", "netns", "exec", f"{self.prefix}-{name}", *words, check=check)

    def add(self, name, address, is_limited=True, rate=RATE_BITS, burst="16kb"):
        space = f"{self.prefix}-{name}"
        port = f"p-{name}"
        run("ip", "netns", "add", space)
        self.switched("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space)
        self.switched("ip", "link", "set", port, "master", "br0", "up")
        self.inside(name, "ip", "link", "set", "lo", "up")
        self.inside(name, "ip", "link", "set", "eth0", "up")
        self.inside(name, "ip", "addr", "add", f"{address}/24", "dev", "eth0")
        self.names.append(name)
        if not is_limited:
            return
        bucket = ["root", "tbf", "rate", str(rate), "burst", burst, "latency", "50ms"]
        self.inside(name, "tc", "qdisc", "add", "dev", "eth0", *bucket)
        self.switched("tc", "qdisc", "add", "dev", port, *bucket)

    def received(self, name):
        """Bytes that came to the node over its line, with all headers."""
        (link,) = json.loads(self.inside(name, "ip", "-j", "-s", "link", "show", "eth0").stdout)
        return link["stats64"]["rx"]["bytes"]

    def close(self):
        for name in self.names:
            run("ip", "netns", "del", f"{self.prefix}-{name}", check=False)
        run("ip", "netns", "del", self.switch, check=False)


class Node:
    """A process of the program in its namespace."""

    def __init__(self, world, name, number, extra):
        self.world, self.name, self.number, self.extra = world, name, number, extra
        self.address = f"10.77.0.{number}"
        self.folder = os.path.join(world.folder, name)
        self.process = None

    @property
    def space(self):
        return f"{self.world.spaces.prefix}-{self.name}"

    def start(self, peers):
        words = [
            "ip", "netns", "exec", self.space, self.world.program, "node", "--data", self.folder,
            "--genesis", self.world.genesis, "--name", self.name, "--listen", "0.0.0.0:7400",
            "--http", "0.0.0.0:7480", "--private-addresses", "--log-level", "warn", *self.extra,
        ]
        for peer in peers:
            words += ["--peer", f"{peer.key}@{peer.address}:7400"]
        errors = open(os.path.join(self.world.folder, f"{self.name}.log"), "ab")
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=errors)
        errors.close()

    @property
    def key(self):
        with open(os.path.join(self.folder, "node.key")) as file:
            return file.read().split("\n")[1].split(" ")[0]

    def status(self):
        """What the node says, asked from within its namespace; None if it does not answer."""
        code = (
            "import sys,urllib.request;"
            "sys.stdout.write(urllib.request.urlopen('http://127.0.0.1:7480/status',timeout=2)"
            ".read().decode())"
        )
        answer = self.world.spaces.inside(self.name, sys.executable, "-c", code, check=False)
        return json.loads(answer.stdout) if answer.returncode == 0 and answer.stdout else None

    def send(self, number):
        # The process of `ip netns exec` becomes the program itself.
        os.kill(self.process.pid, number)

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.send(number)
            self.process.wait(timeout=10)

    def events(self, *names):
        """Records with these names in all parts of the event log."""
        found = []
        for part in sorted(os.listdir(self.folder)):
            if part.startswith("events"):
                with open(os.path.join(self.folder, part), "rb") as file:
                    for line in file:
                        if line.endswith(b"\n"):
                            record = json.loads(line)
                            if record["event"] in names:
                                found.append(record)
        return found


class World:
    def __init__(self, program, is_timed, has_nodes):
        self.program = os.path.abspath(program)
        self.is_timed = is_timed
        self.folder = tempfile.mkdtemp(prefix="livesync-namespaces-")
        self.spaces = Namespaces()
        self.nodes = []
        if has_nodes:
            self.start()

    def start(self):
        """Starts four nodes, one of which makes blocks."""
        self.genesis = os.path.join(self.folder, "genesis.json")
        keys = os.path.join(self.folder, "keys")
        run(
            self.program, "genesis", "--out", self.genesis, "--keys", keys, "--accounts",
            str(ACCOUNTS), "--data-bytes", str(DATA_BYTES), "--block-time", str(BLOCK_MS),
        )
        for number in range(1, 5):
            extra = ["--state", "genesis"]
            if number == 1:
                extra += ["--produce", f"{keys}/validators.key", "--transactions-per-block", "20"]
            self.add(f"n{number}", number, extra)
        for number in range(4):
            self.nodes[number].start(self.nodes[:number])
            self.wait(f"{self.nodes[number].name} starts", lambda: self.nodes[number].status())
        self.wait("blocks are made", lambda: self.head(self.nodes[3]) >= 5)

    def add(self, name, number, extra):
        node = Node(self, name, number, extra)
        self.spaces.add(name, node.address)
        self.nodes.append(node)
        return node

    def joiner(self, number):
        return self.add(f"j{number}", 100 + number, ["--state", "sync"])

    def full(self):
        return self.nodes[:4]

    @staticmethod
    def head(node):
        status = node.status()
        return status["head"]["number"] if status else -1

    def wait(self, what, condition, seconds=PATIENCE_S):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.2)
        raise AssertionError(f"not in {seconds} s: {what}")

    def held(self, node):
        status = node.status()
        return status["state"]["held_ppm"] if status else 0

    def wait_held(self, node, ppm):
        self.wait(f"{node.name} holds {ppm} ppm", lambda: self.held(node) >= ppm)

    def wait_synced(self, node, seconds=PATIENCE_S):
        """The node's state is complete and its head that of the network, give or take a block."""

        def is_synced():
            status, others = node.status(), [self.head(other) for other in self.full()]
            return (
                status is not None and status["state"]["complete"]
                and status["head"]["number"] >= max(others) - 2
            )

        self.wait(f"{node.name} is synced", is_synced, seconds)

    def wait_all(self):
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                self.wait_synced(node)

    def check_bans(self):
        for node in self.nodes:
            bans = node.events("peer.banned", "transport.banned")
            assert not bans, f"{node.name} has banned somebody: {bans[:3]}"

    def close(self):
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                try:
                    node.send(signal.SIGCONT)
                    node.send(signal.SIGKILL)
                except ProcessLookupError:
                    pass
                node.process.wait()
        self.spaces.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def limit(world):
    """A joiner has all of its state for 1.25 times the bytes of it, and with --timed in their time."""
    # An item on the wire: 20 bytes of key, a length, the value of about 10 bytes and its data.
    state_bytes = ACCOUNTS * (1 + 20 + 2 + 8 + DATA_BYTES)
    factors = []
    while len(factors) < LIMIT_TRIES:
        node = world.joiner(21 + len(factors))
        factors.append(limit_of(world, node, state_bytes))
        if factors[-1] <= LIMIT_FACTOR:
            return
        node.stop()
    raise AssertionError(f"{min(factors):.3f} x the least")


def limit_of(world, node, state_bytes):
    """How many times the bytes of the state a joiner receives until it has it."""
    node.start(world.full())
    world.wait_synced(node)
    received = world.spaces.received(node.name)
    started = node.events("node.started")[0]["t_ns"]
    complete = node.events("state.complete")[0]
    seconds = (complete["t_ns"] - started) / 1e9
    bound = state_bytes * 8 / RATE_BITS
    print(
        f"  {state_bytes / 1e6:.1f} MB over 10 Mbit/s: {seconds:.2f} s, "
        f"{seconds / bound:.3f} x the limit of {bound:.2f} s"
    )
    print(f"  {received / 1e6:.1f} MB came over the line, {received / state_bytes:.3f} x the state")
    return max(received / state_bytes, seconds / bound if world.is_timed else 0)


def kill(world):
    """A joiner that is killed in the middle goes on from what it has."""
    node = world.joiner(2)
    node.start(world.full())
    world.wait_held(node, 300_000)
    held = world.held(node)
    node.stop(signal.SIGKILL)
    node.start(world.full())
    world.wait("it answers again", lambda: node.status())
    assert world.held(node) >= held, "what was held is lost"
    world.wait_synced(node)


def stop(world):
    """A peer, and soon the joiner itself, stand still for 60 seconds."""
    node = world.joiner(3)
    node.start(world.full())
    world.wait_held(node, 200_000)
    peer = world.nodes[2]
    peer.send(signal.SIGSTOP)
    peer_end = time.monotonic() + STANDSTILL_S
    world.wait_held(node, 600_000)
    node.send(signal.SIGSTOP)
    node_end = time.monotonic() + STANDSTILL_S
    for who, end in ((peer, peer_end), (node, node_end)):
        time.sleep(max(0, end - time.monotonic()))
        who.send(signal.SIGCONT)
    for who, end in ((peer, peer_end), (node, node_end)):
        world.wait_synced(who)
        print(f"  {who.name} is synced {time.monotonic() - end:.1f} s after it went on")


def link(world):
    """The joiner's line is down for 40 seconds and comes back."""
    node = world.joiner(4)
    node.start(world.full())
    world.wait_held(node, 300_000)
    world.spaces.inside(node.name, "ip", "link", "set", "eth0", "down")
    time.sleep(40)
    world.spaces.inside(node.name, "ip", "link", "set", "eth0", "up")
    world.wait_synced(node)


def address(world):
    """The joiner gets another address in the middle."""
    node = world.joiner(5)
    node.start(world.full())
    world.wait_held(node, 300_000)
    world.spaces.inside(node.name, "ip", "addr", "add", "10.77.0.205/24", "dev", "eth0")
    world.spaces.inside(node.name, "ip", "addr", "del", f"{node.address}/24", "dev", "eth0")
    # The kernel takes further addresses of a net away with the first.
    world.spaces.inside(node.name, "ip", "addr", "add", "10.77.0.205/24", "dev", "eth0", check=False)
    world.wait_synced(node)


def key(world):
    """A peer comes back at its address with another key."""
    node = world.joiner(6)
    node.start(world.full())
    world.wait_held(node, 300_000)
    peer = world.nodes[3]
    peer.stop(signal.SIGKILL)
    os.remove(os.path.join(peer.folder, "node.key"))
    peer.start(world.nodes[:3])
    world.wait_synced(node)
    world.wait_synced(peer)


RELAY_DELAY_S = 0.040


def relay(space, listen, target, delay=RELAY_DELAY_S):
    """Starts a relay in a namespace, which hands on all bytes of its connections so much later."""
    code = f"""
import collections, socket, threading, time
def copy(source, sink):
    waiting, signal = collections.deque(), threading.Condition()
    def write():
        while True:
            with signal:
                while not waiting: signal.wait()
                due, data = waiting.popleft()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if data: sink.sendall(data)
                else: sink.shutdown(socket.SHUT_WR)
            except OSError: return
            if not data: return
    threading.Thread(target=write, daemon=True).start()
    while True:
        try: data = source.recv(65536)
        except OSError: data = b''
        with signal:
            waiting.append((time.monotonic() + {delay}, data))
            signal.notify()
        if not data: return
server = socket.create_server(('{listen}', 7400))
print('ready', flush=True)
while True:
    near, _ = server.accept()
    far = socket.create_connection(('{target}', 7400))
    for each in (near, far): each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for ends in ((near, far), (far, near)):
        threading.Thread(target=copy, args=ends, daemon=True).start()
"""
    process = subprocess.Popen(
        ["ip", "netns", "exec", space, sys.executable, "-c", code], stdout=subprocess.PIPE
    )
    process.stdout.readline()
    return process


def header(world):
    """While chunks fill a line, a header takes at most 1.5 times its time on an idle line (p99)."""
    bench = os.path.join(os.path.dirname(world.program), "livesync-bench")
    spaces = world.spaces
    spaces.add("h1", "10.77.0.61")
    # Behind the relay no line is full: what waits there says nothing of the program.
    spaces.add("h2", "10.77.0.62", is_limited=False)
    spaces.add("h3", "10.77.0.63", is_limited=False)
    enter = lambda name: ["ip", "netns", "exec", f"{spaces.prefix}-{name}"]
    listener = subprocess.Popen(
        [*enter("h1"), bench, "line", "listen", "10.77.0.61:7400"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    )
    key = listener.stdout.readline().split("@")[0]
    middle = relay(f"{spaces.prefix}-h2", "10.77.0.62", "10.77.0.61")
    try:
        answer = run(
            *enter("h3"), bench, "line", "dial", f"{key}@10.77.0.62:7400", "--seconds", "15",
            check=False,
        )
        print("  " + (answer.stdout or answer.stderr).strip())
        assert answer.returncode == 0, "headers take too long"
        rate = json.loads(answer.stdout)["chunk_bytes_per_s"] * 8
        assert rate > 0.85 * RATE_BITS, f"the line was not full: {rate} bit/s"
    finally:
        listener.stdin.close()
        listener.kill()
        middle.kill()
        listener.wait()
        middle.wait()


RECONCILE_RECORDS = 10_000
# Of the records of B so many in a thousand have another value than in A.
RECONCILE_PER_MILLE = (1, 50, 500)
# Bit a second, milliseconds there and back, and what goes at once.
RECONCILE_LINES = ((10_000_000, 40, "16kb"), (100_000_000, 5, "64kb"))
STRATEGIES = ("full", "merkle", "bloom", "iblt", "riblt", "ranges", "auto")
# Share by which bytes may be others than predicted, beside a few for what is asked for ahead.
BYTES_SHARE, BYTES_FEW = 0.03, 400
# These send ahead, or choose, by the speed that they measure, so a busy machine has them send more,
# by such a share and some bytes; `auto` may give up for another what it would else have kept to.
BY_SPEED = {"riblt": 0.5, "auto": 1.5}
AHEAD_BYTES = 64 << 10
TIME_FACTOR = 1.5


def record_files(world, per_mille):
    """Two files of records of which so many are others; they lie scattered."""
    generator = random.Random(per_mille)
    changed = set(generator.sample(range(RECONCILE_RECORDS), RECONCILE_RECORDS * per_mille // 1000))
    paths = [os.path.join(world.folder, f"{side}-{per_mille}.jsonl") for side in "ab"]
    for path, other in zip(paths, (set(), changed)):
        with open(path, "w") as file:
            for number in range(RECONCILE_RECORDS):
                value = f"{'new' if number in other else 'old'}-{number}"
                record = {"key": f"record/{number}", "value": value, "version": number}
                file.write(json.dumps(record) + "\n")
    return paths


def reconcile(world):
    """Two processes find what they differ in over a line, by each strategy, as predicted."""
    spaces, program = world.spaces, world.program
    enter = lambda name: ["ip", "netns", "exec", f"{spaces.prefix}-{name}"]
    spaces.add("q-b", "10.77.0.71", is_limited=False)
    # What waits in the relay stands for the length of the line: this kernel may have no netem.
    spaces.add("q-relay", "10.77.0.72", is_limited=False)
    for number, (rate, _, burst) in enumerate(RECONCILE_LINES):
        spaces.add(f"q-a{number}", f"10.77.0.{73 + number}", rate=rate, burst=burst)
    print("| line | different | strategy | used | bytes predicted | bytes | s predicted | s | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    for per_mille in RECONCILE_PER_MILLE:
        a, b = record_files(world, per_mille)
        server = subprocess.Popen(
            [*enter("q-b"), program, "reconcile", "serve", b, "--listen", "10.77.0.71:7400"],
            stdout=subprocess.PIPE, text=True,
        )
        try:
            key = server.stdout.readline().split()[1].split("@")[0]
            for number, (rate, trip, _) in enumerate(RECONCILE_LINES):
                middle = relay(f"{spaces.prefix}-q-relay", "10.77.0.72", "10.77.0.71", trip / 2000)
                try:
                    for strategy in STRATEGIES:
                        words = ["--strategy", strategy, "--json", "--summary"]
                        line = ["--bandwidth", str(rate // 8000), "--round-trip", str(trip)]
                        compare_line(
                            f"{rate // 1_000_000} Mbit/s, {trip} ms", f"{per_mille / 10:g} %", strategy,
                            run(program, "reconcile", a, b, *line, *words),
                            run(
                                *enter(f"q-a{number}"), program, "reconcile", a, "--with",
                                f"{key}@10.77.0.72:7400", *line, *words, check=False,
                            ), world.is_timed,
                        )
                finally:
                    middle.kill()
                    middle.wait()
        finally:
            server.kill()
            server.wait()


def compare_line(line, different, strategy, predicted, measured, is_timed):
    """Prints a row of the table and holds it against the prediction."""
    where = f"{strategy} over {line}, {different}"
    assert measured.returncode == 0, f"{where}: {measured.stderr}"
    predicted, measured = json.loads(predicted.stdout), json.loads(measured.stdout)
    sizes = [each["sent_bytes"] + each["received_bytes"] for each in (predicted, measured)]
    times = [predicted["line_ns"] / 1e9, measured["time_ns"] / 1e9]
    used = " ".join(measured["strategies"])
    print(
        f"| {line} | {different} | {strategy} | {used} | {sizes[0]:,} | {sizes[1]:,} | {times[0]:.3f} "
        f"| {times[1]:.3f} | {times[1] / times[0]:.2f} |", flush=True,
    )
    is_by_speed = strategy in BY_SPEED and not is_timed
    names = ("different_keys", "only_a", "only_b") + (() if is_by_speed else ("strategies",))
    for name in names:
        assert predicted[name] == measured[name], f"{where}: {name} {predicted[name]} {measured[name]}"
    if is_by_speed:
        most = sizes[0] * (1 + BY_SPEED[strategy]) + AHEAD_BYTES
        assert sizes[1] <= most, f"{where}: {sizes[1]} bytes, more than {most:.0f}"
    else:
        room = sizes[0] * BYTES_SHARE + BYTES_FEW
        assert abs(sizes[1] - sizes[0]) <= room, f"{where}: {sizes[1]} bytes, not {sizes[0]}"
    if is_timed:
        assert times[1] <= TIME_FACTOR * times[0] + 0.02, f"{where}: {times[1]:.3f} s, not {times[0]:.3f}"


SCENARIOS = {scenario.__name__: scenario for scenario in (
    limit, header, kill, stop, link, address, key, reconcile)}
# These need no chain.
ALONE = {"reconcile"}


def main():
    names = [word for word in sys.argv[2:] if word != "--timed"]
    if len(sys.argv) < 2 or any(name not in SCENARIOS for name in names):
        sys.exit(__doc__)
    if os.geteuid() != 0:
        sys.exit("namespaces.py: needs root")
    # So that nothing is left running when it is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failures = []
    world = World(
        sys.argv[1], is_timed="--timed" in sys.argv[2:],
        has_nodes=bool(set(names or SCENARIOS) - ALONE),
    )
    try:
        for name in names or SCENARIOS:
            began = time.monotonic()
            print(f"{name}: {SCENARIOS[name].__doc__}", flush=True)
            try:
                SCENARIOS[name](world)
                world.check_bans()
                # The next one has the lines for itself.
                for node in world.nodes[4:]:
                    node.stop()
                print(f"  ok, {time.monotonic() - began:.0f} s", flush=True)
            except AssertionError as failure:
                failures.append(name)
                print(f"  FAILED: {failure}", flush=True)
        world.wait_all()
        world.check_bans()
    finally:
        if failures and os.environ.get("LIVESYNC_KEEP"):
            shutil.copytree(world.folder, os.environ["LIVESYNC_KEEP"])
        world.close()
    print("namespaces: " + ("FAILED: " + ", ".join(failures) if failures else "all synced, nobody banned"))
    sys.exit(1 if failures else 0)


main()
