"""Runs three replicas of a key-value store as processes over loopback, and breaks them.

usage: kv_cluster.py PROGRAM

PROGRAM is `.build/release/livesync`. Needs the PyPI package redis. Nothing here is bounded by how fast
the machine is: what must become true is waited for, and what may cost rounds is counted in rounds.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

PROGRAM = sys.argv[1]
# So long nothing takes unless it never comes.
PATIENCE = 60
INTERVAL = 500
failures = []
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        failures.append(what)
        print("FAILED:", what, flush=True)


def client(port):
    """A client that says at once that its node is gone."""
    return redis.Redis(
        port=port, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0))


def until(what, condition):
    """Waits until something is true; a connection that is refused meanwhile is no failure."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if condition():
                check(True, what)
                return True
        except (redis.RedisError, OSError):
            pass
        time.sleep(0.05)
    check(False, f"{what}: not in {PATIENCE} s")
    return False


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Node:
    """A node that keeps its directory, its ports and so its key over restarts."""

    def __init__(self, folder, name, key=None, replicates=True):
        self.name = name
        self.directory = os.path.join(folder, name)
        os.makedirs(self.directory, exist_ok=True)
        self.port = free_port()
        self.place = f"127.0.0.1:{free_port()}" if replicates else None
        self.cluster_key = key
        self.identity = None
        self.process = None
        self.events = os.path.join(folder, f"{name}.jsonl")
        self.notes = os.path.join(folder, f"{name}.err")

    def start(self, *peers, options=()):
        words = [PROGRAM, "kv", "--data", self.directory, "--listen", f"127.0.0.1:{self.port}",
                 "--fsync", "always", "--anti-entropy-interval", str(INTERVAL), "--name", self.name,
                 "--events", self.events, *options]
        if self.place:
            words += ["--replicate", self.place]
        for peer in peers:
            words += ["--peer", peer]
        if self.cluster_key:
            words += ["--cluster-key", self.cluster_key]
        with open(self.notes, "ab") as notes:
            self.process = subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=notes, text=True)
        lines = 1 + (1 if self.place else 0) + (1 if "--metrics" in options else 0)
        self.said = [self.process.stdout.readline().split() for _ in range(lines)]
        for words in self.said:
            if words and words[0] == "replicating":
                self.identity = words[1].split("@")[0]
        if [] in self.said:
            print(open(self.notes).read())
            raise SystemExit(f"{self.name} does not start")
        self.client = client(self.port)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "it did not end"
        check(code == 0, f"{self.name} ends with {code}")

    def ask(self, *words):
        return self.client.execute_command(*words)

    def facts(self, *words):
        """The reply to SYNC.STATUS and the like as a dictionary of texts."""
        return facts(self.ask(*words))

    def digest(self):
        return self.ask("SYNC.DIGEST")

    def number(self, name):
        return int(self.facts("SYNC.STATUS")[name])

    def linked(self):
        return self.number("members_linked")

    def said_of(self, word):
        return word in open(self.notes).read()


def facts(reply):
    def text(value):
        return value.decode() if isinstance(value, bytes) else str(value)
    if isinstance(reply, dict):
        pairs = reply.items()
    else:
        pairs = zip(reply[::2], reply[1::2])
    return {text(key): text(value) for key, value in pairs}


def equal(*nodes):
    return len({node.digest() for node in nodes}) == 1


def until_equal(what, *nodes):
    return until(f"equal {what}", lambda: equal(*nodes))


class Load(threading.Thread):
    """Writes rising numbers until it is stopped, and remembers what was acknowledged."""

    def __init__(self, nodes, prefix, waits=0):
        super().__init__(daemon=True)
        self.nodes = nodes
        self.prefix = prefix
        self.waits = waits
        self.acknowledged = {}
        self.unknown = {}
        self.count = 0
        self.over = threading.Event()

    def run(self):
        clients = [client(node.port) for node in self.nodes]
        while not self.over.is_set():
            index = self.count % len(clients)
            key = f"{self.prefix}:{index}:{self.count // len(clients) % 50}"
            self.count += 1
            try:
                clients[index].set(key, self.count)
                self.acknowledged[key] = self.count
            except (redis.RedisError, OSError):
                # It may have been taken or not.
                self.unknown[key] = self.count
                time.sleep(0.02)

    def stop(self):
        self.over.set()
        self.join()

    def check(self, node, what):
        lost = []
        for key, value in self.acknowledged.items():
            held = node.client.get(key)
            if held is None or int(held) < value:
                lost.append((key, value, held))
        check(not lost, f"{what}: acknowledged writes are lost: {lost[:5]}")
        check(self.acknowledged, f"{what}: nothing was acknowledged")


def start_and_join(folder, key):
    """The second node and the third are started later, and know one other each."""
    a, b, c = (Node(folder, name, key) for name in "abc")
    a.start(options=["--metrics", f"127.0.0.1:{free_port()}"])
    a.client.mset({f"early:{i}": "x" * (i % 100) for i in range(2_000)})
    a.client.set("large", b"l" * (3 << 20))
    b.start(a.place)
    until("the second node is linked", lambda: a.linked() == 1 and b.linked() == 1)
    until_equal("when the second node is there", a, b)
    # It learns of the first by the second.
    c.start(f"{b.identity}@{b.place}")
    until("all are linked with all", lambda: all(n.linked() == 2 for n in (a, b, c)))
    until_equal("when the third node is there", a, b, c)
    check(c.client.get("large") == b"l" * (3 << 20), "a large value is there")
    check(c.client.dbsize() == 2_001, f"{c.client.dbsize()} keys at the third node")
    c.client.set("greeting", "hello")
    count = c.client.execute_command("WAIT", 2, 0)
    check(count == 2, f"WAIT 2 0 gives {count}")
    check(a.client.get("greeting") == b"hello", "what was waited for is at the first node")
    check(b.client.get("greeting") == b"hello", "and at the second")
    check(a.ask("ROLE")[0] == b"master" and len(a.ask("ROLE")[2]) == 2, "ROLE")
    info = a.client.info("replication")
    check(info["role"] == "master" and info["connected_slaves"] == 2, f"INFO: {info}")
    return a, b, c


def metrics(a):
    place = next(words[1] for words in a.said if words[0] == "metrics")
    text = urllib.request.urlopen(f"http://{place}/metrics", timeout=PATIENCE).read().decode()
    numbers = dict(re.findall(r"^(\w+) (\S+)$", text, re.M))
    check(float(numbers.get("livesync_kv_replication_rounds_total", 0)) > 0, "rounds are counted")
    check(numbers.get("livesync_kv_members") == "3", "members are counted")
    check(len(re.findall(r"^livesync_kv_replica_linked\{", text, re.M)) == 2, "links are counted")


def idle(a, b):
    """Rounds of equal nodes find nothing, and send nothing but roots."""
    until_equal("before idle rounds", a, b)
    before = a.facts("SYNC.STATUS")
    rounds = int(before["rounds"])
    until("idle rounds go on", lambda: a.number("rounds") >= rounds + 8)
    after = a.facts("SYNC.STATUS")
    spent = int(after["bytes_sent"]) - int(before["bytes_sent"])
    many = int(after["rounds"]) - rounds
    check(int(after["sessions"]) == int(before["sessions"]), "idle rounds begin no session")
    # Now and then the members are told too.
    check(spent <= many * 256 + 8_192, f"{many} idle rounds sent {spent} bytes")


def killed(a, b, c):
    """One is killed under load; the others go on; it comes back."""
    load = Load([a, b, c], "kill")
    load.start()
    until("load is there", lambda: load.count > 200)
    b.kill()
    count = load.count
    until("load goes on", lambda: load.count > count + 200)
    a.client.set("while", "b was away")
    a.client.delete("early:1", "early:2", "large")
    c.client.set("gone", "soon", px=300)
    load.stop()
    b.start()
    until("the killed one is linked", lambda: b.linked() == 2)
    until_equal("after a kill", a, b, c)
    check(b.client.get("while") == b"b was away", "what was written meanwhile is there")
    check(b.number("rounds") > 0, "a round was made")
    for node in (a, b, c):
        load.check(node, f"after a kill, at {node.name}")
        for key in ("early:1", "early:2", "large"):
            check(node.client.get(key) is None, f"{key} is deleted at {node.name}")
        until(f"gone at {node.name}", lambda: node.client.get("gone") is None)


def bounded_rounds(a, b):
    """What one lacks is repaired in a bounded number of rounds."""
    b.kill()
    a.client.mset({f"missed:{i}": i for i in range(1_000)})
    b.start()
    until("linked again", lambda: b.linked() == 2)
    until_equal("after it missed writes", a, b)
    rounds = b.number("rounds")
    check(rounds <= 40, f"{rounds} rounds until equal")


def stopped(a, b, c):
    """One is stopped for ten seconds under load, and goes on."""
    load = Load([a, b], "stop")
    load.start()
    c.pause()
    begin = time.monotonic()
    while time.monotonic() < begin + 10:
        time.sleep(0.1)
    a.client.set("while", "c is stopped")
    count = a.client.execute_command("WAIT", 2, 100)
    check(count <= 1, f"WAIT gives {count} while one is stopped")
    c.go_on()
    load.stop()
    until("all are linked again", lambda: all(n.linked() == 2 for n in (a, b, c)))
    until_equal("after a stop", a, b, c)
    load.check(c, "after a stop")


class Proxy:
    """Carries bytes between a replica and another, until it cuts the line."""

    def __init__(self, place):
        host, port = place.rsplit(":", 1)
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.sockets = []
        self.isCut = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            if self.isCut:
                near.close()
                continue
            try:
                far = socket.create_connection(self.target)
            except OSError:
                near.close()
                continue
            self.sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    @staticmethod
    def carry(one, other):
        try:
            while data := one.recv(1 << 16):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.isCut = True
        for end in self.sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.sockets = []


def lost_line(folder, key, a):
    """A node behind a line that is cut; it takes no connections itself."""
    proxy = Proxy(a.place)
    d = Node(folder, "d", key, replicates=False)
    d.start(proxy.place)
    until("the node behind a line is linked", lambda: d.linked() >= 1)
    until_equal("over a line", a, d)
    for number in range(3):
        proxy.cut()
        a.client.set("line", number)
        d.client.set("line:d", number)
        proxy.isCut = False
        until_equal("after the line was cut", a, d)
        check(d.client.get("line") == str(number).encode(), "what was written meanwhile is there")
        check(a.client.get("line:d") == str(number).encode(), "and what the other wrote")
    return d


def together(a, b, c):
    """All write one key; a deletion that comes later wins everywhere; a TTL ends everywhere."""
    for round in range(20):
        for node in (a, b, c):
            node.client.set("shared", f"{node.name}{round}")
    until_equal("after writes of one key", a, b, c)
    check(len({n.client.get("shared") for n in (a, b, c)}) == 1, "one value everywhere")
    b.client.delete("shared")
    check(b.client.execute_command("WAIT", 2, 0) >= 2, "the deletion is told")
    for node in (a, b, c):
        check(node.client.get("shared") is None, f"deleted at {node.name}")
    a.client.set("short", "life", px=1_500)
    check(a.client.execute_command("WAIT", 2, 0) >= 2, "the TTL is everywhere")
    for node in (a, b, c):
        until(f"it ends at {node.name}", lambda: node.client.get("short") is None)
    until_equal("after a TTL", a, b, c)


def strangers(folder, key, a):
    """Who has another cluster key, or is not who was pinned, gets nothing."""
    other = os.path.join(folder, "other.key")
    subprocess.run([PROGRAM, "kv", "key", other], check=True, stdout=subprocess.DEVNULL)
    e = Node(folder, "e", other)
    e.start(a.place)
    until("another cluster key is told of", lambda: e.said_of("another cluster key"))
    check(e.client.dbsize() == 0 and e.linked() == 0, "it has nothing")
    e.end()
    f = Node(folder, "f", key)
    f.start(f"{'ab' * 32}@{a.place}")
    until("another key than the pinned one is told of", lambda: f.said_of(f"{a.place}"))
    check(f.client.dbsize() == 0 and f.linked() == 0, "it has nothing either")
    f.end()
    refused = subprocess.run(
        [PROGRAM, "kv", "--listen", "127.0.0.1:0", "--replicate", "0.0.0.0:0"],
        capture_output=True, text=True, timeout=PATIENCE)
    check(refused.returncode == 2 and "--cluster-key" in refused.stderr, f"{refused}")


def repair_and_forget(a, b, c, d):
    repaired = a.facts("SYNC.REPAIR")
    check(repaired["index"] == "sound", f"SYNC.REPAIR: {repaired}")
    check(a.ask("SYNC.NOW") >= 2, "SYNC.NOW")
    identity = next(
        peer["key"] for peer in map(facts, a.ask("SYNC.PEERS")) if peer["name"] == "d")
    a.ask("SYNC.FORGET", identity)
    until("the removed one is told", lambda: d.linked() == 0)
    until("all forget it", lambda: all(n.number("members") == 3 for n in (a, b, c)))
    d.client.set("from the removed", "x")
    a.client.set("not for the removed", "x")
    until_equal("without the removed one", a, b, c)
    check(a.client.get("from the removed") is None, "nothing comes from the removed one")
    check(d.client.get("not for the removed") is None, "nothing goes to it")
    d.end()


def ended(nodes):
    """What is on the disks is sound and the same, and so are the logs."""
    for node in nodes:
        node.end()
    roots = set()
    for node in nodes:
        done = subprocess.run(
            [PROGRAM, "db", "check", node.directory], capture_output=True, text=True,
            timeout=PATIENCE)
        check(done.returncode == 0, f"db check of {node.name}: {done.stdout}{done.stderr}")
        roots.update(re.findall(r"merkle_root\s+(\w+)", done.stdout))
        log = subprocess.run(
            [PROGRAM, "events", "summary", node.events], capture_output=True, text=True,
            timeout=PATIENCE)
        check(log.returncode == 0, f"the event log of {node.name}: {log.stderr}")
        text = open(node.events).read()
        for name in ("kv.replicating", "kv.linked", "run.end"):
            check(f'"{name}"' in text, f"{node.name} logs {name}")
    check(len(roots) == 1, f"the directories hold the same: {roots}")


def main():
    folder = tempfile.mkdtemp(prefix="kv-cluster-")
    begin = time.monotonic()
    nodes = []
    try:
        key = os.path.join(folder, "cluster.key")
        subprocess.run([PROGRAM, "kv", "key", key], check=True, stdout=subprocess.DEVNULL)
        check(os.stat(key).st_mode & 0o777 == 0o600, "the key is the owner's")
        nodes = list(start_and_join(folder, key))
        a, b, c = nodes
        steps = [
            lambda: metrics(a), lambda: idle(a, b), lambda: together(a, b, c),
            lambda: killed(a, b, c), lambda: bounded_rounds(a, b), lambda: stopped(a, b, c),
            lambda: strangers(folder, key, a),
            lambda: repair_and_forget(a, b, c, lost_line(folder, key, a)), lambda: ended(nodes),
        ]
        for step in steps:
            step()
            print(f"{time.monotonic() - begin:5.1f} s", flush=True)
    finally:
        for node in nodes:
            if node.process and node.process.poll() is None:
                node.process.kill()
        if failures:
            for node in nodes:
                print(f"--- what {node.name} said")
                print(open(node.notes).read()[-2000:])
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{checks} checks, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
