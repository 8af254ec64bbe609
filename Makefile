# Every target installs what it needs (Debian's libb2, libsodium, LMDB, libmicrohttpd, zstd and zlib) and asks for nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

LIBRARIES := libb2-dev libsodium-dev liblmdb-dev libmicrohttpd-dev libzstd-dev zlib1g-dev pkg-config
RELEASE := swift build -c release --product
LIVESYNC := .build/release/livesync
ARGS ?=
# Goes into the first record of every event log.
export LIVESYNC_COMMIT ?= $(shell git describe --always --dirty --exclude '*' 2> /dev/null || echo unknown)

.PHONY: help run devnet test threads sockets thread-check interop negentropy-interop abci-interop difference-interop kv-interop kv-cluster kv-bench kv-tools monitoring-check report-check log-queries namespaces net-bench campaign campaign-check mutants fuzz lint bench counts counts-record sync-figures docs fixtures dependencies valgrind

help: ## Show the targets.
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

run: dependencies ## Build and run the default simulation (more options: make run ARGS="--seed 7").
	@$(RELEASE) livesync >&2
	@$(LIVESYNC) simulate $(ARGS)

devnet: dependencies ## Start a network of processes that a fresh node joins (ARGS="--nodes 8 --stay").
	@$(RELEASE) livesync >&2
	@$(LIVESYNC) devnet $(ARGS)

# Sockets, servers and processes live in real time: beside other tests on two cores they would be
# late without a fault, so they come after the others.
REAL_TIME := HTTPServerTests\.|MonitoringTests\.(Server|NodeSource)|TransportTests\.(Socket|KeptPeer|BugReport|Attack)|DaemonTests\.NodeProcess|CommandTests\.(Node|Devnet)|KeyValueTests\.(Cluster|Wait)
TEST := swift test -c release --skip-build --disable-xctest

test: dependencies ## Build and run every test, or those of ARGS="--filter …"; fails when none ran.
	@swift build -c release --build-tests >&2
	@$(if $(ARGS),log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	  $(TEST) $(ARGS) 2>&1 | tee "$$log"; \
	  grep -qE 'Test run with [1-9][0-9]* tests?' "$$log" || { echo "no test ran" >&2; exit 1; },\
	  Tests/run.sh .build/release/livesyncPackageTests.xctest '$(REAL_TIME)')

# One after another, because they share the threads that each of them needs to be in time.
threads: dependencies ## Run the live sync tests in real time on all threads (RUNS=1).
	@swift build -c release --build-tests >&2
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; export LIVESYNC_SYSTEM_RUNS=$(or $(RUNS),1); \
	  swift test -c release --skip-build --disable-xctest --no-parallel --filter 'backend:' 2>&1 \
	    | tee "$$log"; \
	  grep -qE 'Test run with [1-9][0-9]* tests?' "$$log" || { echo "no test ran" >&2; exit 1; }

# A block in 125 ms, since encryption and the system take their time too.
sockets: dependencies ## Run the live sync tests over sockets of this host (RUNS=1).
	@swift build -c release --build-tests >&2
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; export LIVESYNC_SOCKET_RUNS=$(or $(RUNS),1); \
	  export LIVESYNC_SYSTEM_HASTE=$${LIVESYNC_SYSTEM_HASTE:-8}; \
	  swift test -c release --skip-build --disable-xctest --no-parallel --filter 'backend:' 2>&1 \
	    | tee "$$log"; \
	  grep -qE 'Test run with [1-9][0-9]* tests?' "$$log" || { echo "no test ran" >&2; exit 1; }

# In a directory of their own: all code is compiled with checks, and with locks that are known to them.
THREAD_BUILD := --sanitize=thread -Xswiftc -DTHREAD_CHECK --scratch-path .build/thread-check
THREAD_TEST := TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/ThreadCheck/suppressions.txt swift test $(THREAD_BUILD) --skip-build --disable-xctest --no-parallel --filter
# What meets on more than one thread: live sync in real time, a block in 125 ms because all is many times
# slower, and the rooms with threads: below it, and sockets, servers and nodes as processes beside it.
THREADED := backend:|RuntimeTests|NetworkingTests|SharedStoreTests|LMDBStoreTests|ChainViewTests|SnapshotServingTests|WriterTests|RotatingLogTests|TransportTests\.(Socket|KeptPeer|BugReport|Attack)|HTTPServerTests|MonitoringTests\.(Server|NodeSource)|ProductionTests\.(Producer|SeveralProducers|TransactionRelay)Tests|DaemonTests\.(NodeProcess|NodeEventLog)|KeyValueTests\.(Cluster|Wait)
REPORT := WARNING: ThreadSanitizer

thread-check: dependencies ## Run the tests with threads under ThreadSanitizer; each report is a fault (RUNS=1).
	@swift build --build-tests $(THREAD_BUILD) >&2
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	  LIVESYNC_PLANTED_RACE=1 $(THREAD_TEST) plantedRace > "$$log" 2>&1 || true; \
	  grep -q '$(REPORT)' "$$log" || { echo "the planted race was not seen" >&2; exit 1; }; \
	  code=0; LIVESYNC_SYSTEM_RUNS=$(or $(RUNS),1) LIVESYNC_SYSTEM_HASTE=8 $(THREAD_TEST) '$(THREADED)' 2>&1 | tee "$$log" || code=$$?; \
	  grep -qE 'Test run with [1-9][0-9]* tests?' "$$log" || { echo "no test ran" >&2; exit 1; }; \
	  echo "reports of ThreadSanitizer: $$(grep -c '$(REPORT)' "$$log" || true)"; \
	  ! grep -q '$(REPORT)' "$$log" && exit $$code

# noiseprotocol has its own Noise; cryptography brings its ciphers.
INTEROP := .build/interop

interop: dependencies ## Shake hands with an independent Noise implementation from PyPI.
	@if ! python3 -c 'import ensurepip, venv' 2> /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq python3-venv >&2; fi
	@python3 -m venv $(INTEROP)
	@$(INTEROP)/bin/pip install --quiet --disable-pip-version-check noiseprotocol==0.3.1 cryptography==50.0.2
	@$(RELEASE) noise-peer >&2
	@$(INTEROP)/bin/python Tests/Interop/noise_interop.py .build/release/noise-peer

# nostr-sdk is Rust with its own negentropy; its relay and its client talk over websockets.
NEGENTROPY := .build/negentropy-interop

negentropy-interop: dependencies ## Compare sets with an independent negentropy from PyPI.
	@if ! python3 -c 'import ensurepip, venv' 2> /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq python3-venv >&2; fi
	@python3 -m venv $(NEGENTROPY)
	@$(NEGENTROPY)/bin/pip install --quiet --disable-pip-version-check nostr-sdk==0.45.1 websockets==17.4
	@$(RELEASE) negentropy-peer >&2
	@$(NEGENTROPY)/bin/python Tests/Interop/negentropy_interop.py .build/release/negentropy-peer

# The parser that Prometheus gives to others, and a browser, on a node that exists only as numbers.
MONITORING := .build/monitoring-check
MONITORING_PORT := 19090

monitoring-check: dependencies ## Read the metrics with prometheus-client and the page with Chromium.
	@if ! command -v chromium > /dev/null || ! python3 -c 'import ensurepip, venv' 2> /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq chromium python3-venv >&2; fi
	@python3 -m venv $(MONITORING)
	@$(MONITORING)/bin/pip install --quiet --disable-pip-version-check prometheus-client==0.21.1
	@$(RELEASE) monitoring-sample >&2
	@for state in syncing following; do \
	  coproc .build/release/monitoring-sample $(MONITORING_PORT) $$state; read -r <&"$${COPROC[0]}"; \
	  sleep 1; url=http://127.0.0.1:$(MONITORING_PORT)/; code=0; \
	  { $(MONITORING)/bin/python Tests/Interop/metrics_check.py $${url}metrics \
	    && python3 Tests/Interop/page_check.py $$url $(MONITORING)/$$state.png; } || code=$$?; \
	  kill "$$COPROC_PID"; wait "$$COPROC_PID" 2> /dev/null || true; [ $$code = 0 ] || exit $$code; done

# A page about a run, opened in a browser.
REPORT := .build/report-check
REPORT_RUN := --scenario wrong-value --seed 1 --set kill_at_percent=50,restart_after_ms=5000,leave_per_million=100000

report-check: dependencies ## Open the page about a run in Chromium; its numbers are those of the summary.
	@if ! command -v chromium > /dev/null || ! command -v python3 > /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq chromium python3 >&2; fi
	@$(RELEASE) livesync >&2
	@$(LIVESYNC) simulate $(REPORT_RUN) --out $(REPORT) --json > /dev/null
	@python3 Tests/Interop/report_check.py $(LIVESYNC) $(REPORT)/events.jsonl $(REPORT)/report.html $(REPORT)/report.png
	@rm -f $(REPORT)/campaign.jsonl
	@$(LIVESYNC) simulate --profile swarm --seeds '0..<24' --out $(REPORT)/campaign.jsonl > /dev/null
	@python3 Tests/Interop/campaign_page_check.py $(LIVESYNC) $(REPORT)/campaign.jsonl $(REPORT)/campaign.html $(REPORT)/campaign.png

# DuckDB from PyPI reads the log of a fixed seed. RECORD=1 writes the answers anew.
QUERIES := .build/log-queries

log-queries: dependencies ## Compare the answers in Docs/Queries.md with those of DuckDB (RECORD=1).
	@if ! python3 -c 'import ensurepip, venv' 2> /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq python3-venv >&2; fi
	@python3 -m venv $(QUERIES)
	@$(QUERIES)/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1
	@$(RELEASE) livesync >&2
	@$(LIVESYNC) simulate $(REPORT_RUN) --out $(QUERIES)/run --json > /dev/null
	@$(QUERIES)/bin/python Tests/Interop/log_queries.py $(LIVESYNC) $(QUERIES)/run/events.jsonl Docs/Queries.md $(if $(RECORD),--record)

# A cluster of two workers on this machine, one of which is killed in the middle.
CAMPAIGN_CHECK := .build/campaign-check

campaign-check: dependencies ## Spread a campaign over a Dask cluster from PyPI and kill a worker.
	@if ! python3 -c 'import ensurepip, venv' 2> /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq python3-venv >&2; fi
	@python3 -m venv $(CAMPAIGN_CHECK)
	@$(CAMPAIGN_CHECK)/bin/pip install --quiet --disable-pip-version-check distributed==2026.8.0
	@$(RELEASE) livesync >&2
	@$(CAMPAIGN_CHECK)/bin/python Campaign/check.py $(LIVESYNC)

# In a directory of their own: a build with the bugs in it.
mutants: dependencies ## Count the seeds until each planted bug is found (ARGS="--only NAME --write").
	@swift build -c release -Xswiftc -DMUTANTS --scratch-path .build/mutants --product livesync >&2
	@python3 Campaign/mutants.py .build/mutants/release/livesync $(ARGS)

# Needs root: each node has a network namespace of its own.
namespaces: dependencies ## Run nodes over lines of 10 Mbit/s, and break the lines (SCENARIO="--timed limit header").
	@$(RELEASE) livesync >&2
	@$(RELEASE) livesync-bench >&2
	@if ! command -v tc > /dev/null || ! command -v python3 > /dev/null; then apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq iproute2 python3 >&2; fi
	@python3 Tests/Namespaces/namespaces.py .build/release/livesync $(SCENARIO)

# Definitions of CometBFT's messages that nobody here wrote. xian-tech-abci asks for a newer Python than
# its definitions need.
ABCI := .build/abci-interop

abci-interop: dependencies ## Play CometBFT's side of state sync with its definitions from PyPI.
	@if ! python3 -c 'import ensurepip, venv' 2> /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq python3-venv >&2; fi
	@python3 -m venv $(ABCI)
	@$(ABCI)/bin/pip install --quiet --disable-pip-version-check protobuf==7.36.0
	@$(ABCI)/bin/pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python \
	  xian-tech-abci==0.9.3 cosmpy==0.12.2
	@$(RELEASE) livesync >&2
	@$(RELEASE) abci-sample >&2
	@$(ABCI)/bin/python Tests/Interop/abci_interop.py $(LIVESYNC) .build/release/abci-sample

# The programs of Debian, and a decoder of VCDIFF from PyPI.
DIFFERENCE := .build/difference-interop
DIFFERENCE_TOOLS := xdelta3 rdiff zstd

difference-interop: dependencies ## Exchange binary differences with xdelta3, rdiff, zstd and vcdiff-decoder.
	@if [ "$$(command -v $(DIFFERENCE_TOOLS) | wc -l)" != $(words $(DIFFERENCE_TOOLS)) ] || ! python3 -c 'import ensurepip, venv' 2> /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq $(DIFFERENCE_TOOLS) python3-venv >&2; fi
	@python3 -m venv $(DIFFERENCE)
	@$(DIFFERENCE)/bin/pip install --quiet --disable-pip-version-check vcdiff-decoder==0.2.0
	@$(RELEASE) difference-peer >&2
	@$(DIFFERENCE)/bin/python Tests/Interop/difference_interop.py .build/release/difference-peer

# Debian's Redis, and its client from PyPI.
KV := .build/kv-interop
KV_TOOLS := redis-server redis-cli redis-benchmark nc

kv-tools:
	@if [ "$$(command -v $(KV_TOOLS) | wc -l)" != $(words $(KV_TOOLS)) ] || ! python3 -c 'import ensurepip, venv' 2> /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq redis-server redis-tools netcat-openbsd python3-venv >&2; fi

kv-interop: dependencies kv-tools ## Compare a key-value node with redis-server, and drive it with Redis' clients.
	@python3 -m venv $(KV)
	@$(KV)/bin/pip install --quiet --disable-pip-version-check redis==8.1.0
	@$(RELEASE) livesync >&2
	@$(KV)/bin/python Tests/Interop/kv_interop.py $(LIVESYNC) kv
	@bash Tests/Interop/kv_aof.sh $(LIVESYNC)

kv-cluster: dependencies kv-tools ## Run replicas of a key-value store as processes, and kill, stop and cut off some.
	@python3 -m venv $(KV)
	@$(KV)/bin/pip install --quiet --disable-pip-version-check redis==8.1.0
	@$(RELEASE) livesync >&2
	@$(KV)/bin/python Tests/Interop/kv_cluster.py $(LIVESYNC)
	@bash Tests/Interop/kv_readme.sh $(LIVESYNC)

kv-bench: dependencies kv-tools ## Measure a key-value node beside redis-server (ARGS="--rounds 9 --keys 1").
	@$(RELEASE) livesync >&2
	@python3 Tests/Interop/kv_bench.py $(ARGS) $(LIVESYNC) kv

net-bench: dependencies ## Measure two processes over TCP, print the table and write it to Docs/Performance.md.
	@$(RELEASE) livesync-bench >&2
	@.build/release/livesync-bench net --write Docs/Performance.md $(ARGS)

campaign: dependencies ## Check the trie's answers over many diffs (DIFFS=1000000 SEED=1000000).
	@swift build -c release --build-tests >&2
	@LIVESYNC_TRIE_DIFFS=$(or $(DIFFS),1000000) LIVESYNC_TRIE_FIRST_SEED=$(or $(SEED),1000000) \
	  swift test -c release --skip-build --disable-xctest --filter campaign

# lld, because the system's gold cannot link what the fuzzer needs.
FUZZ_BUILD := --package-path Fuzz -c release -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld
FUZZ := Fuzz/.build/release/livesync-fuzz

fuzz: dependencies ## Fuzz the entry points for outside bytes (TARGET=chunk-verify SECONDS=60).
	@swift build $(FUZZ_BUILD) >&2
	@$(FUZZ) --corpus Fuzz/.build/seeds
	@for target in $(or $(TARGET),$$($(FUZZ) --list)); do \
	  mkdir -p Fuzz/.build/corpus/$$target; \
	  echo "$$target: $(or $(SECONDS),60) s"; \
	  SWIFT_BACKTRACE=enable=no $(FUZZ) $$target -max_total_time=$(or $(SECONDS),60) -timeout=10 -rss_limit_mb=2048 \
	    -print_final_stats=1 -artifact_prefix=Fuzz/.build/$$target- \
	    Fuzz/.build/corpus/$$target Fuzz/.build/seeds/$$target 2> Fuzz/.build/$$target.log \
	    || { tail -n 40 Fuzz/.build/$$target.log >&2; exit 1; }; \
	  grep -E 'number_of_executed_units|average_exec' Fuzz/.build/$$target.log; done

lint: ## Check the formatting of all Swift files.
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests \
	  Fuzz/Package.swift Fuzz/Targets Fuzz/Runner
	@echo "formatting is clean"

bench: dependencies ## Run the benchmarks, print their tables and write them to Docs/Performance.md.
	@$(RELEASE) livesync-bench >&2
	@.build/release/livesync-bench trie --write Docs/Performance.md $(ARGS)
	@.build/release/livesync-bench disk --accounts 10000000 --durability onRequest \
	  --write Docs/Performance.md
	@.build/release/livesync-bench serving --write Docs/Performance.md
	@.build/release/livesync-bench snapshot --import --write Docs/Performance.md
	@.build/release/livesync-bench replay --write Docs/Performance.md
	@.build/release/livesync-bench reconcile --write Docs/Performance.md

# Without its debug information, which valgrind 3.19 fails to read.
COUNTED := .build/release/livesync-bench-counted
COUNT := $(RELEASE) livesync-bench >&2 && objcopy --strip-debug .build/release/livesync-bench $(COUNTED)

counts: dependencies valgrind ## Count instructions of fixed trie workloads and compare with the record.
	@$(COUNT)
	@$(COUNTED) counts Fixtures/InstructionCounts.json

counts-record: dependencies valgrind ## Record the instruction counts anew.
	@$(COUNT)
	@$(COUNTED) counts Fixtures/InstructionCounts.json --record

sync-figures: dependencies ## Run the figures of live sync and write them into Docs/Performance.md (minutes).
	@$(RELEASE) livesync >&2
	@$(LIVESYNC) figures --write Docs/Performance.md

docs: dependencies ## Write the generated pages in Docs anew.
	@$(RELEASE) livesync >&2
	@$(LIVESYNC) events schema > Docs/Events.md
	@$(LIVESYNC) simulate --seed 1 --json > /dev/null
	@$(LIVESYNC) events picture out/default-1/events.jsonl Docs/Pictures/default.svg

fixtures: dependencies ## Write the scenarios and record the fixture chains anew.
	@$(RELEASE) livesync >&2
	@for file in Fixtures/Scenarios/*.json; do \
	  $(LIVESYNC) simulate --scenario "$$(basename "$$file" .json)" --show > "$$file.new"; \
	  mv "$$file.new" "$$file"; done
	@for file in Fixtures/Chains/*.jsonl; do \
	  command=$$(head -n 1 "$$file" | sed -nE 's/.*"generator":"livesync ([^"]*)".*/\1/p'); \
	  $(LIVESYNC) $$command; done

valgrind:
	@command -v valgrind > /dev/null || { echo "valgrind is needed: apt-get install valgrind" >&2; exit 1; }

dependencies:
	@command -v swift > /dev/null || { echo "Swift 6.3 is needed: https://www.swift.org/install" >&2; exit 1; }
	@if ! pkg-config --exists libb2 libsodium lmdb libmicrohttpd libzstd zlib 2> /dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo"; fi; \
	  $$root apt-get update -qq >&2; \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq $(LIBRARIES) >&2; fi
