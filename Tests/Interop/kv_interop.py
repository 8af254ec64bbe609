"""Drives a key-value node and redis-server alike and compares what they answer, byte by byte.

usage: kv_interop.py PROGRAM ...

PROGRAM with its first words starts the node, such as `.build/release/livesync kv`; `--listen` and
other options are added. Needs redis-server, redis-cli, redis-benchmark and nc on the path, and the
PyPI package redis.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1:]
failures = []
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, words, port):
        self.port = port
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{words} does not listen")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "it did not end"


def ours(*options):
    port = free_port()
    return Server([*PROGRAM, "--listen", f"127.0.0.1:{port}", *options], port)


def redis_server(*options):
    port = free_port()
    return Server(
        ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no",
         "--databases", "1", "--dir", "/tmp", *options], port)


class Client:
    """Reads whole replies and keeps their bytes."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), 10)
        self.socket.settimeout(10)
        self.bytes = b""

    def fill(self):
        more = self.socket.recv(1 << 16)
        if not more:
            raise EOFError
        self.bytes += more

    def line(self, start):
        while (end := self.bytes.find(b"\r\n", start)) < 0:
            self.fill()
        return end + 2

    def measure(self, start):
        end = self.line(start)
        kind, rest = self.bytes[start:start + 1], self.bytes[start + 1:end - 2]
        if kind in b"$=!" and rest != b"-1":
            length = end + int(rest) + 2
            while len(self.bytes) < length:
                self.fill()
            return length
        if kind in b"*~>%" and rest != b"-1":
            for _ in range(int(rest) * (2 if kind == b"%" else 1)):
                end = self.measure(end)
        return end

    def reply(self):
        end = self.measure(0)
        reply, self.bytes = self.bytes[:end], self.bytes[end:]
        return reply

    def do(self, *arguments):
        self.send(*arguments)
        return self.reply()

    def send(self, *arguments):
        words = [a if isinstance(a, bytes) else str(a).encode() for a in arguments]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(word), word) for word in words))

    def rest(self):
        """All until the other end closes."""
        try:
            while True:
                self.fill()
        except (EOFError, ConnectionResetError):
            return self.bytes


# What must be equal byte by byte, in this order, on an empty store.
COMMANDS = """
PING|PING hello|PING a b|ECHO hi|ECHO|ping
GET|GET nokey|SET|SET a|SET a 1|GET a|GET a b|SET a 2 NX|SET a 3 XX|GET a|SET nokey 1 XX
SET a 4 NX XX|SET a 4 XX NX|SET a 4 foo|SET a 4 EX|SET a 4 EX 0|SET a 4 EX -1|SET a 4 EX x
SET a 4 PX 0|SET a 4 PXAT 0|SET a 4 EXAT -5|SET a 4 EX 10 PX 10|SET a 4 EX 10 KEEPTTL
SET a 4 KEEPTTL EX 10|SET a 4 EX 9223372036854775807|SET a 4 PX 9223372036854775807
SET a 5 GET|GET a|SET nk 5 GET|SET nk 6 NX GET|GET nk|SET nk2 6 XX GET|GET nk2|SET a 1 EX 100
TTL a|SET a 2 KEEPTTL|TTL a|SET a 3|TTL a|PTTL a|TTL nokey|PTTL nokey|SET a 1 KEEPTTL KEEPTTL
SET a old EXAT 1|GET a|SET a 1 get nx|SET a 1 px 100000 get
SETNX s1 v|SETNX s1 w|GET s1|SETNX s1|GETDEL s1|GETDEL s1|GETDEL|EXISTS s1
MSET m1 1 m2 2|MSET m1|MSET m1 1 m2|MGET m1 m2 m3|MGET|MSET
DEL m1 m2 m3|DEL|DEL m1|UNLINK m1|UNLINK|EXISTS m1 a a|EXISTS
INCR n|INCR n|DECR n|INCRBY n 10|DECRBY n 3|GET n|INCR|INCRBY n|INCRBY n x|INCRBY n 1.5
INCRBY n 9223372036854775807|DECRBY n -9223372036854775808|DECRBY n 9223372036854775808
SET n abc|INCR n|DECR n|INCRBY n 1|SET n 9223372036854775807|INCR n|SET n -9223372036854775808
DECR n|SET n 012|INCR n|SET n +1|INCR n|SET n -0|INCR n|DECR newn|GET newn|DECRBY newn x
APPEND ap hello|APPEND ap world|GET ap|APPEND|APPEND ap|STRLEN ap|STRLEN nokey|STRLEN
TYPE ap|TYPE nokey|TYPE|EXPIRE ap 100|TTL ap|PERSIST ap|TTL ap|PERSIST ap|PERSIST nokey
EXPIRE nokey 1|EXPIRE ap x|EXPIRE ap|EXPIRE ap 100 NX|EXPIRE ap 100 NX|EXPIRE ap 200 XX
EXPIRE ap 50 GT|EXPIRE ap 300 GT|EXPIRE ap 400 LT|EXPIRE ap 250 LT|TTL ap
EXPIRE ap 100 NX XX|EXPIRE ap 100 GT LT|EXPIRE ap 100 foo|EXPIRE ap 100 NX GT|EXPIRE ap 100 XX GT
PERSIST ap|EXPIRE ap 100 GT|TTL ap|EXPIRE ap 9223372036854775807|PEXPIRE ap 9223372036854775807
EXPIREAT ap 99999999999|TTL newn|PEXPIREAT ap 1|GET ap|EXPIRE newn -1|EXISTS newn|EXPIREAT nokey 1
PEXPIRE n 100000 XX|PEXPIRE n 100000
APPEND tt x|EXPIRE tt 1000|APPEND tt y|TTL tt|SET num 5 EX 1000|INCR num|TTL num|DEL tt num
SELECT 0|SELECT 1|SELECT -1|SELECT x|SELECT|SELECT 99999999999
DBSIZE|DBSIZE x|FLUSHDB|DBSIZE|FLUSHALL ASYNC|FLUSHALL SYNC|FLUSHALL foo|FLUSHDB a b|RANDOMKEY
SET only 1|RANDOMKEY|KEYS *|KEYS o?ly|KEYS x*|KEYS|KEYS [a-p]nly|KEYS [^o]nly|KEYS o\\nly
SCAN 0|SCAN x|SCAN 0 COUNT|SCAN 0 COUNT 0|SCAN 0 COUNT x|SCAN 0 MATCH o*|SCAN 0 MATCH x*
SCAN 0 TYPE string|SCAN 0 TYPE hash|SCAN 0 FOO|SCAN 0 FOO BAR|SCAN|SCAN 0 COUNT 100 MATCH *
AUTH|AUTH x|AUTH user x|AUTH a b c|AUTH default x|CLIENT|CLIENT FOO|CLIENT SETNAME|CLIENT GETNAME
CLIENT SETNAME me|CLIENT GETNAME|CLIENT GETNAME x|CLIENT ID x|CLIENT LIST FOO|CLIENT LIST ID x
CLIENT NO-EVICT ON|CLIENT NO-EVICT OFF|CLIENT NO-EVICT x|CLIENT NO-EVICT|CLIENT INFO x
CONFIG|CONFIG FOO|CONFIG GET|CONFIG GET save|CONFIG GET appendonly|CONFIG GET nothing
CONFIG GET maxmemory|CONFIG GET databases|CONFIG RESETSTAT|COMMAND FOO|COMMAND COUNT x
COMMAND INFO nothing|COMMAND DOCS nothing|COMMAND LIST FOO|WAIT|WAIT 0 0|WAIT -1 0|WAIT 0 -1
WAIT x 0|WAIT 0 x|TIME x|LASTSAVE x|SHUTDOWN foo|HELLO 4|HELLO x|HELLO 2 FOO|HELLO 2 AUTH a
HELLO 2 AUTH foo bar|HELLO 2 SETNAME|foo|foo bar baz|FOO 'a b' c|set|nosuch a b c d e f g h
RESET|PING|FLUSHALL|PING
MULTI|SET t1 1|INCR t1|GET t1|TTL t1|EXEC|GET t1|EXEC|DISCARD|MULTI x|EXEC x|DISCARD x|EXEC
MULTI|MULTI|SET t1 5|EXEC|GET t1|MULTI|WATCH t1|EXEC|MULTI|SET t1 6|DISCARD|EXEC|GET t1
MULTI|SET t1|GET t1|EXEC|MULTI|nosuch a b|SET t1 9|EXEC|GET t1|MULTI|SET t1 abc|INCR t1|GET t1|EXEC
MULTI|EXEC|MULTI|EXEC x|EXEC|MULTI|SAVE|EXEC|MULTI|SHUTDOWN|EXEC|MULTI|CLIENT FOO|EXEC
MULTI|CLIENT SETNAME|EXEC|MULTI|CONFIG|EXEC|MULTI|DISCARD x|EXEC|MULTI|WATCH|EXEC|MULTI|nosuch|DISCARD
MULTI|PING|PING a b|ECHO hi|SELECT 1|SET t1 1 NX|MGET t1 none|DEL t1|EXISTS t1|UNWATCH|FLUSHALL|DBSIZE|EXEC
MULTI|CLIENT GETNAME|CONFIG GET save|COMMAND COUNT|COMMAND FOO|EXEC|MULTI|CONFIG GET save|GET t1|EXEC
WATCH|UNWATCH|UNWATCH x|WATCH t1 t2|UNWATCH|WATCH t1 t1|SET t1 1|MULTI|GET t1|EXEC|MULTI|GET t1|EXEC
WATCH t1|MULTI|SET t1 2|EXEC|GET t1|WATCH t1|SET t1 3|DISCARD|MULTI|EXEC|WATCH t1|SET t1 4|UNWATCH|MULTI|EXEC
WATCH t1|SET t1 1|MULTI|nosuch|EXEC|MULTI|EXEC|WATCH t9|MULTI|SET t9 1|EXEC|DEL t9
MULTI|SET t1 1|RESET|EXEC|WATCH t1|SET t1 2|RESET|MULTI|PING|EXEC|MULTI|GET t1|MULTI|GET t1|EXEC
FLUSHALL|PING
"""


def commands():
    for line in COMMANDS.strip().split("\n"):
        for command in line.split("|"):
            yield [w.strip("'") for w in command.split()]
    yield ["SET", b"bin\x00\xff\r\n", b"\x00\r\n\xff"]
    yield ["GET", b"bin\x00\xff\r\n"]
    yield ["GET", ""]
    yield ["SET", "empty", ""]
    yield ["GET", "empty"]
    yield ["APPEND", "empty", ""]
    yield ["STRLEN", "empty"]
    yield [""]
    yield ["x" * 200, "y" * 200, "z"]
    yield ["foo", "a\r\nb"]
    yield ["SET", "big", "v" * 1_000_000]
    yield ["GET", "big"]
    yield ["CLIENT", "SETNAME", "a b"]
    yield ["EXPIRE", "big", "100", "a\r\nb"]


def compare_commands(node, redis):
    for version in (2, 3):
        a, b = Client(node), Client(redis)
        for client in (a, b):
            client.do("FLUSHALL")
            client.do("HELLO", version)
        for command in commands():
            mine, theirs = a.do(*command), b.do(*command)
            if command[:1] == ["RESET"]:
                a.do("HELLO", version), b.do("HELLO", version)
            check(mine == theirs, f"RESP{version} {command}: {mine[:300]} not {theirs[:300]}")


# Bytes as they come; the connection is read to its end after half of it was closed.
RAW = [
    b"PING\r\n", b"PING\n", b"\r\n\r\nPING\r\n", b"  PING  \r\n", b"SET k \"a b\\x41\\n\"\nGET k\n",
    b"SET k 'a\\'b'\nGET k\n", b"SET k \"a\n", b"SET k 'a'b\n", b"*0\r\nPING\r\n",
    b"*-1\r\nPING\r\n", b"*x\r\n", b"*1\r\nxPING\r\n", b"*1\r\n$x\r\n", b"*1\r\n$-1\r\n",
    b"*2\r\n$3\r\nGET\r\n:1\r\n", b"*1\r\n$4\r\nPING\r\n*1\r\n!", b"*1\r\n$9999999999\r\n",
    b"*99999999999\r\n", b"*" + b"1" * 70000, b"*1\r\n$" + b"1" * 70000, b"a" * 70000,
    b"*1\r\n$4\r\nPING\r\nQUIT\r\nPING\r\n", b"GET \"\\xzz\\q\"\n", b"*1\r\n\r\n",
    b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
]


def compare_raw(node, redis):
    for raw in RAW:
        replies = []
        for server in (node, redis):
            client = Client(server)
            try:
                client.socket.sendall(raw)
                # redis-server drops what it has not answered when half of a connection closes.
                time.sleep(0.05)
                client.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            replies.append(client.rest())
        check(replies[0] == replies[1], f"{raw[:60]}: {replies[0]} not {replies[1]}")
    for cut in range(1, len(RAW[-1])):
        client = Client(node)
        client.socket.sendall(RAW[-1][:cut])
        time.sleep(0.002)
        client.socket.sendall(RAW[-1][cut:])
        check(client.reply() + client.reply() == b"+OK\r\n$1\r\nv\r\n", f"cut at {cut}")


def compare_passwords():
    node, redis = ours("--requirepass", "secret"), redis_server("--requirepass", "secret")
    a, b = Client(node), Client(redis)
    for command in [
        ["PING"], ["GET", "a"], ["GET"], ["FOO"], ["AUTH", "x"], ["AUTH", "default", "x"],
        ["AUTH", "you", "secret"], ["HELLO", 3], ["HELLO"], ["HELLO", 3, "AUTH", "default", "x"],
        ["RESET"], ["CLIENT", "SETNAME", "x"], ["COMMAND"], ["MULTI"], ["EXEC"], ["EXEC", "x"],
        ["DISCARD"], ["WATCH", "a"], ["AUTH", "secret"], ["PING"], ["MULTI"], ["AUTH", "x"],
        ["AUTH", "secret"], ["GET", "a"], ["EXEC"],
        ["RESET"], ["PING"], ["AUTH", "default", "secret"], ["SET", "a", "1"],
    ]:
        mine, theirs = a.do(*command), b.do(*command)
        check(mine == theirs, f"with a password {command}: {mine} not {theirs}")
    for raw in [b"*11\r\n", b"*1\r\n$16385\r\n"]:
        replies = []
        for server in (node, redis):
            client = Client(server)
            client.socket.sendall(raw)
            replies.append(client.rest())
        check(replies[0] == replies[1], f"before AUTH {raw}: {replies[0]} not {replies[1]}")
    # Much before a password: the connection ends.
    client = Client(node)
    try:
        client.socket.sendall(b"*10\r\n" + b"$16000\r\n" + b"x" * 16000 + b"\r\n" + b"$16000\r\n")
        client.socket.sendall(b"x" * 8000)
    except OSError:
        pass
    check(b"unauthenticated" in client.rest(), "40 KB before AUTH are refused")
    for server in (node, redis):
        server.end()


def pipelines(node, redis):
    """Random requests in pipelines that are cut anywhere."""
    for seed in range(8):
        draw = random.Random(seed)
        keys = [f"key{n}" for n in range(20)]
        a, b = Client(node), Client(redis)
        for client in (a, b):
            client.do("FLUSHALL")
        for _ in range(60):
            requests = []
            for _ in range(draw.randrange(1, 60)):
                key, other = draw.choice(keys), draw.choice(keys)
                requests.append(draw.choice([
                    ["SET", key, draw.randrange(1000)], ["GET", key], ["DEL", key, other],
                    ["INCR", key], ["APPEND", key, draw.randrange(10)], ["MGET", key, other],
                    ["SET", key, "x", "NX"], ["SET", key, "y", "XX", "GET"], ["EXISTS", key],
                    ["SETNX", key, 7], ["GETDEL", key], ["STRLEN", key], ["DBSIZE"],
                    ["EXPIRE", key, 1000], ["PERSIST", key], ["TTL", key], ["MSET", key, 1, other, 2],
                    ["DECRBY", key, draw.randrange(50)], ["TYPE", key], ["EXPIRE", key, -1],
                    ["MULTI"], ["MULTI"], ["EXEC"], ["EXEC"], ["WATCH", key, other], ["UNWATCH"],
                    ["DISCARD"], ["SET", key] if draw.randrange(8) == 0 else ["GET", other],
                ]))
            raw = b"".join(
                b"*%d\r\n" % len(r) + b"".join(
                    b"$%d\r\n%s\r\n" % (len(str(w)), str(w).encode()) for w in r)
                for r in requests)
            cut = draw.randrange(len(raw))
            for client in (a, b):
                client.socket.sendall(raw[:cut])
                client.socket.sendall(raw[cut:])
            for request in requests:
                mine, theirs = a.reply(), b.reply()
                check(mine == theirs, f"seed {seed} {request}: {mine} not {theirs}")
        a.do("DISCARD"), b.do("DISCARD")
        mine, theirs = set(a.do("KEYS", "*").split()), set(b.do("KEYS", "*").split())
        check(mine == theirs, f"seed {seed}: the keys are the same")


# Who does what: client 0 watches, client 1 is another one; a number alone is a pause in ms.
WATCHED = [
    "0 SET w 1|0 WATCH w|1 SET w 1|0 MULTI|0 GET w|0 EXEC|0 MULTI|0 GET w|0 EXEC",
    "0 SET w 1|0 WATCH w|1 GET w|1 SET other 1|0 MULTI|0 SET w 2|0 EXEC|1 GET w",
    "0 WATCH w|1 SET w 1|0 MULTI|0 EXEC", "0 WATCH w|1 SET w 1|1 DEL w|0 MULTI|0 EXEC",
    "0 SET w 1|0 WATCH w|1 DEL w|0 MULTI|0 EXEC", "0 WATCH w|1 DEL w|0 MULTI|0 EXEC",
    "0 SET w 1|0 WATCH w|1 EXPIRE w 100|0 MULTI|0 EXEC", "0 WATCH w|1 EXPIRE w 100|0 MULTI|0 EXEC",
    "0 SET w 1 EX 100|0 WATCH w|1 PERSIST w|0 MULTI|0 EXEC",
    "0 SET w 1|0 WATCH w|1 PERSIST w|0 MULTI|0 EXEC",
    "0 SET w 1|0 WATCH w|1 SET w 2 NX|0 MULTI|0 EXEC", "0 SET w 1|0 WATCH w|1 APPEND w 2|0 MULTI|0 EXEC",
    "0 SET w 1|0 WATCH w|1 GETDEL w|0 MULTI|0 EXEC", "0 WATCH w|1 GETDEL w|0 MULTI|0 EXEC",
    "0 SET w 1 PX 40|0 WATCH w|90|0 MULTI|0 EXEC", "0 SET w 1 PX 40|90|0 WATCH w|0 MULTI|0 EXEC",
    "0 SET w 1 PX 40|0 WATCH w|90|1 GET w|0 MULTI|0 EXEC|0 MULTI|0 EXEC",
    "0 SET w 1 PX 40|90|0 WATCH w|1 SET w 2|0 MULTI|0 EXEC",
    "0 SET w 1|0 WATCH w|1 FLUSHALL|0 MULTI|0 EXEC", "0 WATCH w|1 FLUSHALL|0 MULTI|0 EXEC",
    "0 SET v 1|0 WATCH w|1 FLUSHALL|0 MULTI|0 EXEC|0 GET v",
    "0 SET w 1|0 WATCH w|0 MULTI|1 SET w 2|0 SET w 3|0 EXEC|0 GET w",
    "0 WATCH w v|1 MULTI|1 SET v 1|0 MULTI|1 EXEC|0 SET w 1|0 EXEC|0 GET w",
    "0 WATCH w|1 SET w 1|0 WATCH v|0 MULTI|0 EXEC", "0 WATCH w|1 SET w 1|0 UNWATCH|0 MULTI|0 EXEC",
    "0 WATCH w|1 SET w 1|0 MULTI|0 DISCARD|0 MULTI|0 EXEC", "0 MULTI|0 SET w 1|1 GET w|0 EXEC|1 GET w",
    "0 WATCH w|0 SET w 1|0 MULTI|0 EXEC", "0 SET w 1|0 WATCH w|0 INCR w|0 MULTI|0 INCR w|0 EXEC",
    "0 MULTI|0 INCR w|0 INCR w|0 EXEC|1 GET w", "0 WATCH w|0 MULTI|0 UNWATCH|1 SET w 1|0 EXEC",
]


def transactions(node, redis):
    for script in WATCHED:
        both = [(Client(server), Client(server)) for server in (node, redis)]
        for clients in both:
            clients[0].do("FLUSHALL")
        for step in script.split("|"):
            if step.isdigit() and len(step) > 1:
                time.sleep(int(step) / 1000)
                continue
            who, *command = step.split()
            mine, theirs = (clients[int(who)].do(*command) for clients in both)
            check(mine == theirs, f"{script}: at {step}: {mine} not {theirs}")
        for clients in both:
            for client in clients:
                client.socket.close()
    # Of a large transaction all comes, and in one piece for others.
    for server in (node, redis):
        client, other = Client(server), Client(server)
        client.send("MULTI")
        for number in range(5_000):
            client.send("SET", f"large:{number}", "v" * 200)
        other.do("PING")
        check(other.do("EXISTS", "large:0") == b":0\r\n", "nothing of it is done before EXEC")
        client.send("EXEC")
        for _ in range(5_001):
            client.reply()
        check(client.reply().count(b"+OK") == 5_000, "a transaction of 5,000 requests")


def run(words, text=None):
    return subprocess.run(words, input=text, capture_output=True, text=True, timeout=120)


def tools(node):
    port = str(node.port)
    cli = ["redis-cli", "-p", port]
    check(run([*cli, "SET", "t", "1"]).stdout == "OK\n", "redis-cli SET")
    check(run([*cli, "-3", "GET", "t"]).stdout == "1\n", "redis-cli -3 GET")
    check("summary" in run([*cli, "COMMAND", "DOCS", "get"]).stdout, "redis-cli COMMAND DOCS")
    check("redis_version" in run([*cli, "INFO"]).stdout, "redis-cli INFO")
    check(run(cli, "set interactive 1\nget interactive\n").stdout == "OK\n1\n", "redis-cli by lines")
    check("t" in run([*cli, "--scan"]).stdout.split(), "redis-cli --scan")
    pipe = run([*cli, "--pipe"], "*3\r\n$3\r\nSET\r\n$1\r\np\r\n$1\r\n1\r\n" * 1000)
    check("errors: 0, replies: 1000" in pipe.stdout, f"redis-cli --pipe: {pipe.stdout}")
    check("cmd=client" in run([*cli, "CLIENT", "LIST"]).stdout, "redis-cli CLIENT LIST")
    nc = subprocess.run(
        f"echo 'SET mykey myvalue' | nc -q 5 localhost {port};"
        f"echo 'GET mykey' | nc -N localhost {port}", shell=True, capture_output=True, timeout=30)
    check(nc.stdout == b"+OK\r\n$7\r\nmyvalue\r\n", f"nc: {nc.stdout}")
    for pipeline in ("1", "16"):
        bench = run(["redis-benchmark", "-p", port, "-q", "-n", "20000", "-P", pipeline, "-t",
                     "ping,set,get,incr,mset", "-r", "1000"])
        check(bench.returncode == 0 and "rror" not in bench.stdout, f"redis-benchmark: {bench.stdout[-300:]}")


def library(node):
    import redis
    client = redis.Redis(port=node.port, decode_responses=True)
    check(client.set("py", "1", ex=100) and client.get("py") == "1", f"redis-py {redis.__version__}")
    check(client.incr("py") == 2 and 0 < client.ttl("py") <= 100, "redis-py incr and ttl")
    check(client.mget("py", "none") == ["2", None], "redis-py mget")
    with client.pipeline(transaction=False) as pipe:
        for number in range(500):
            pipe.set(f"scan:{number}", number)
        check(all(pipe.execute()), "redis-py pipeline")
    with client.pipeline() as pipe:
        for number in range(500):
            pipe.set(f"scan:{number}", number)
        pipe.incr("tx").incr("tx").get("tx")
        check(pipe.execute()[-3:] == [1, 2, "2"], "redis-py pipeline that is a transaction")
    with client.pipeline() as pipe:
        pipe.set("tx", "x").incr("tx").get("tx")
        answers = pipe.execute(raise_on_error=False)
        check(answers[0] is True and isinstance(answers[1], redis.ResponseError)
              and answers[2] == "x", f"redis-py: an error within a transaction: {answers}")
    with client.pipeline() as pipe:
        pipe.watch("tx")
        client.set("tx", "changed")
        pipe.multi()
        pipe.set("tx", "mine")
        try:
            pipe.execute()
            check(False, "redis-py WatchError")
        except redis.WatchError:
            check(client.get("tx") == "changed", "redis-py WatchError")
    client.set("tx", 1)
    check(client.transaction(lambda pipe: (pipe.multi(), pipe.incr("tx")), "tx") == [2], "redis-py transaction")
    check(len(set(client.scan_iter("scan:*"))) == 500, "redis-py scan_iter")
    check(client.info()["role"] == "master", "redis-py info")
    check(client.client_list()[-1]["lib-name"] != "", "redis-py client_list")
    check(client.config_get("save") == {"save": ""}, "redis-py config_get")
    check(client.delete("py") == 1 and client.dbsize() > 0, "redis-py delete")
    do = client.execute_command
    check(do("CRDT.INCRBY", "crdt:c", 5) == 5 and do("CRDT.COUNT", "crdt:c") == 5, "CRDT counter")
    check(do("CRDT.SADD", "crdt:s", "a", "b") == 2 and do("CRDT.SREM", "crdt:s", "a") == 1
          and list(do("CRDT.SMEMBERS", "crdt:s")) == ["b"], "CRDT set")
    check(do("CRDT.HSET", "crdt:m", "f", "1") == 1 and do("CRDT.HINCRBY", "crdt:m", "n", 2) == 2
          and do("CRDT.HGETALL", "crdt:m") == {"f": "1", "n": "2"}, "CRDT map")
    check(do("CRDT.SET", "crdt:r", "x") and do("CRDT.GET", "crdt:r") == ["x"]
          and do("SYNC.SIBLINGS", "crdt:r") == ["x"] and client.get("crdt:r") == "x", "CRDT register")
    check(client.type("crdt:c") == "crdt" and sorted(client.scan_iter(_type="crdt"))
          == ["crdt:c", "crdt:m", "crdt:s"] and client.delete("crdt:c", "crdt:m") == 2, "CRDT keys")
    try:
        client.execute_command("NOSUCH")
        check(False, "redis-py unknown command")
    except redis.ResponseError as error:
        check("unknown command" in str(error), f"redis-py: {error}")
    old = redis.Redis(port=node.port, protocol=2)
    check(old.get("scan:1") == b"1", "redis-py with RESP2")
    client.flushall()
    check(client.dbsize() == 0, "redis-py flushall")


def bounds():
    node = ours("--maxclients", "3")
    # The connection that saw it listen has to be gone.
    time.sleep(0.5)
    held = [Client(node) for _ in range(3)]
    for client in held:
        client.do("PING")
    late = Client(node)
    check(late.rest() == b"-ERR max number of clients reached\r\n", "max clients")
    held[0].socket.close()
    time.sleep(0.2)
    check(Client(node).do("PING") == b"+PONG\r\n", "a place that became free")
    slow = held[1]
    slow.do("SET", "big", b"x" * 1_000_000)
    for _ in range(300):
        slow.send("GET", "big")
    time.sleep(0.5)
    check(held[2].do("PING") == b"+PONG\r\n", "a client that does not read holds nobody up")
    with open(f"/proc/{node.process.pid}/status") as status:
        resident = [int(l.split()[1]) for l in status if l.startswith("VmRSS")][0] // 1024
    check(resident < 150, f"what waits for it is bounded: {resident} MiB")
    check(all(len(slow.reply()) == 1_000_012 for _ in range(300)), "and it gets all replies later")
    # A reply too large for anybody: the client is closed, the others go on.
    slow.do("SET", "big", b"x" * (16 << 20))
    slow.send("MGET", *["big"] * 40)
    check(slow.rest() == b"", "a reply of 640 MiB closes its client")
    check(held[2].do("PING") == b"+PONG\r\n", "and nobody else")
    held[2].send("SHUTDOWN")
    check(held[2].rest() == b"" and node.process.wait(5) == 0, "SHUTDOWN ends the node")


def descriptors():
    """A node that has no descriptors left turns connections away, says so, and goes on."""
    port = free_port()
    node = Server(["prlimit", "--nofile=48:48", *PROGRAM, "--listen", f"127.0.0.1:{port}"], port)
    first = Client(node)
    first.do("SET", "a", "1")
    held = []
    for _ in range(60):
        client = Client(node)
        try:
            if client.do("PING") == b"+PONG\r\n":
                held.append(client)
        except (EOFError, OSError):
            pass
    check(20 < len(held) < 48, f"{len(held)} connections with 48 descriptors")
    check(first.do("GET", "a") == b"$1\r\n1\r\n", "those that are there are served")
    for client in held:
        client.socket.close()
    time.sleep(0.3)
    check(Client(node).do("PING") == b"+PONG\r\n", "and others when there are descriptors again")
    check(node.end() == 0, "a node that had no descriptors ends in order")
    told = node.process.stderr.read().decode()
    check("no descriptors are left" in told, f"the operator is told: {told[-300:]}")


def saving():
    with tempfile.TemporaryDirectory() as folder:
        node = ours("--data", folder, "--fsync", "everysec")
        client = Client(node)
        client.do("SET", "a", "1")
        begun = int(client.do("LASTSAVE")[1:])
        time.sleep(1.1)
        client.send("SAVE")
        client.send("LASTSAVE")
        check(client.reply() == b"+OK\r\n" and int(client.reply()[1:]) > begun,
              "LASTSAVE at once after SAVE")
        client.do("SET", "b", "2")
        before = [name for name in os.listdir(folder) if name.startswith("checkpoint-")]
        client.send("SHUTDOWN", "SAVE")
        check(client.rest() == b"" and node.process.wait(10) == 0, "SHUTDOWN SAVE ends the node")
        after = [name for name in os.listdir(folder) if name.startswith("checkpoint-")]
        check(len(before) == len(after) == 1 and before != after, f"it saves: {before} {after}")
        node = ours("--data", folder, "--fsync", "everysec")
        check(Client(node).do("MGET", "a", "b") == b"*2\r\n$1\r\n1\r\n$1\r\n2\r\n", "and all is there")
        node.end()
    node = ours()
    client = Client(node)
    check(client.do("SHUTDOWN", "SAVE") == b"-ERR Errors trying to SHUTDOWN. Check logs.\r\n",
          "SHUTDOWN SAVE of what cannot be saved")
    client.send("SHUTDOWN", "SAVE", "FORCE")
    check(client.rest() == b"" and node.process.wait(10) == 0, "unless it is forced")


def main():
    node, redis = ours(), redis_server()
    compare_commands(node, redis)
    compare_raw(node, redis)
    pipelines(node, redis)
    transactions(node, redis)
    tools(node)
    library(node)
    check(node.end() == 0, "SIGTERM ends the node in order")
    redis.end()
    compare_passwords()
    bounds()
    descriptors()
    saving()
    print(f"{checks} checks, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
