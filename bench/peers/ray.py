"""Measures one row of Ray's microbenchmark by the method of cli/microbenchmark/measure.ts.

ray.py --probe               prints Ray's version as JSON; fails where there is no Ray
ray.py --row NAME --plan P   prints the row's figures as JSON; P is the plan as JSON
"""

import argparse
import json
import logging
import os
import statistics
import sys
import time

# The script's own folder must not stand for the package of the same name.
sys.path = [entry for entry in sys.path if os.path.abspath(entry or ".") != os.path.dirname(os.path.abspath(__file__))]
import ray  # noqa: E402

SERVERS = max(1, (os.cpu_count() or 2) // 2)


@ray.remote
def small_value():
    return b"ok"


@ray.remote(num_cpus=0)
class Server:
    def small_value(self):
        return b"ok"

    def small_value_arg(self, _x):
        return b"ok"


@ray.remote
class AsyncServer:
    async def small_value(self):
        return b"ok"

    async def small_value_arg(self, _x):
        return b"ok"


def count_ok(values):
    return sum(value == b"ok" for value in values)


@ray.remote(num_cpus=0)
class Client:
    def __init__(self, servers):
        self.servers = servers if isinstance(servers, list) else [servers]

    def tasks(self, n):
        return count_ok(ray.get([small_value.remote() for _ in range(n)]))

    def call_each(self, n):
        return count_ok(ray.get([s.small_value.remote() for s in self.servers for _ in range(n)]))

    def call_each_with_arg(self, n):
        x = ray.put(0)
        return count_ok(ray.get([s.small_value_arg.remote(x) for s in self.servers for _ in range(n)]))


@ray.remote
def put_small():
    return sum(ray.put(0) is not None for _ in range(100))


@ray.remote
def many_refs():
    return [ray.put(1) for _ in range(10000)]


@ray.remote
def call_in_turn(servers, n):
    return count_ok(ray.get([servers[i % len(servers)].small_value.remote() for i in range(n)]))


def get_calls():
    ref = ray.put(1)
    return 1, 1, lambda: ray.get(ref)


def put_calls():
    return 1, 1, lambda: int(ray.put(0) is not None)


def multi_put():
    return 1000, 1000, lambda: sum(ray.get([put_small.remote() for _ in range(10)]))


def put_gigabytes():
    import numpy

    array = numpy.ones(100 * 1024 * 1024, dtype=numpy.int64)
    return 1, 0.8, lambda: int(ray.put(array) is not None)


def tasks_sync():
    return 1, 1, lambda: count_ok([ray.get(small_value.remote())])


def tasks(worth):
    return lambda: (1000, worth, lambda: count_ok(ray.get([small_value.remote() for _ in range(1000)])))


def get_many_refs():
    ref = many_refs.remote()
    return 1, 1, lambda: int(len(ray.get(ref)) == 10000)


def wait_refs():
    def rounds():
        completed = 0
        not_ready = [small_value.remote() for _ in range(1000)]
        for i in range(1000):
            ready, not_ready = ray.wait(not_ready, fetch_local=i == 0)
            completed += len(ready)
        return completed

    return 1000, 1, rounds


def multi_tasks():
    clients = [Client.remote([]) for _ in range(4)]
    return 40000, 40000, lambda: sum(ray.get([c.tasks.remote(10000) for c in clients]))


def one_to_one(create, n, with_arg=False):
    def prepare():
        server = create()

        def call(i):
            return server.small_value_arg.remote(i) if with_arg else server.small_value.remote()

        if n == 1:
            return 1, 1, lambda: count_ok([ray.get(call(0))])
        return n, n, lambda: count_ok(ray.get([call(i) for i in range(n)]))

    return prepare


def one_to_n(create):
    def prepare():
        client = Client.remote([create() for _ in range(SERVERS)])
        calls = 5000 * SERVERS
        return calls, calls, lambda: ray.get(client.call_each.remote(5000))

    return prepare


def n_to_n(create):
    def prepare():
        servers = [create() for _ in range(SERVERS)]
        return 20000, 20000, lambda: sum(ray.get([call_in_turn.remote(servers, 5000) for _ in range(4)]))

    return prepare


def n_to_n_with_arg():
    clients = [Client.remote(Server.remote()) for _ in range(SERVERS)]
    calls = 1000 * SERVERS
    return calls, calls, lambda: sum(ray.get([c.call_each_with_arg.remote(1000) for c in clients]))


def placement_groups():
    def rounds():
        groups = [ray.util.placement_group(bundles=[{"custom": 0.001}]) for _ in range(100)]
        completed = sum(group.wait(timeout_seconds=30) for group in groups)
        for group in groups:
            ray.util.remove_placement_group(group)
        return completed

    return 100, 100, rounds


def concurrent_server():
    return Server.options(max_concurrency=16).remote()


ROWS = {
    "single client get calls": get_calls,
    "single client put calls": put_calls,
    "multi client put calls": multi_put,
    "single client put gigabytes": put_gigabytes,
    "single client tasks and get batch": tasks(1),
    "single client get object containing 10k refs": get_many_refs,
    "single client wait 1k refs": wait_refs,
    "single client tasks sync": tasks_sync,
    "single client tasks async": tasks(1000),
    "multi client tasks async": multi_tasks,
    "1:1 actor calls sync": one_to_one(Server.remote, 1),
    "1:1 actor calls async": one_to_one(Server.remote, 1000),
    "1:1 actor calls concurrent": one_to_one(concurrent_server, 1000),
    "1:n actor calls async": one_to_n(Server.remote),
    "n:n actor calls async": n_to_n(Server.remote),
    "n:n actor calls with arg async": n_to_n_with_arg,
    "1:1 async-actor calls sync": one_to_one(AsyncServer.remote, 1),
    "1:1 async-actor calls async": one_to_one(AsyncServer.remote, 1000),
    "1:1 async-actor calls with args async": one_to_one(AsyncServer.remote, 1000, with_arg=True),
    "1:n async-actor calls async": one_to_n(AsyncServer.remote),
    "n:n async-actor calls async": n_to_n(AsyncServer.remote),
    "placement group create/removal": placement_groups,
}


def measure(prepare, plan):
    calls, worth, call = prepare()
    counts = {"rounds": 0, "completed": 0}

    def run(block):
        for _ in range(block):
            counts["completed"] += call()
        counts["rounds"] += block

    until = time.perf_counter() + plan["warmUpSeconds"]
    run(1)
    while time.perf_counter() < until:
        run(1)
    block = counts["rounds"] // 10 + 1
    samples = []
    for _ in range(plan["repeats"]):
        before = counts["rounds"]
        start = time.perf_counter()
        run(block)
        while time.perf_counter() < start + plan["seconds"]:
            run(block)
        samples.append((counts["rounds"] - before) * worth / (time.perf_counter() - start))
    return {
        "mean": statistics.fmean(samples),
        "sd": statistics.pstdev(samples),
        "median": statistics.median(samples),
        "samples": samples,
        "calls": counts["rounds"] * calls,
        "completed": counts["completed"],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--probe", action="store_true")
    parser.add_argument("--row", choices=ROWS)
    parser.add_argument("--plan", type=json.loads)
    options = parser.parse_args()
    if options.probe:
        print(json.dumps(ray.__version__))
        return
    # Room for a few copies of the 800 MiB array, where the machine has it.
    ray.init(
        resources={"custom": 100},
        include_dashboard=False,
        logging_level=logging.ERROR,
        log_to_driver=False,
    )
    figures = measure(ROWS[options.row], options.plan)
    ray.shutdown()
    print(json.dumps(figures))


main()
