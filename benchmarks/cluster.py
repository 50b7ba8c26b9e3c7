"""A run on a Dask cluster of this machine's own cores against one without, and what a call of a worker costs.

Workers have loaded the network before. Processor seconds are those of client, scheduler and workers together:
on a machine that does something else besides, they say more than the clock.
"""

import argparse
import contextlib
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import distributed
import joblib
import psutil
from common import in_turn, line, machine, make_scans, ratio

from colorize_cli.common.threads import one_thread_each
from colorize_cli.engine.description import EngineDescription
from colorize_cli.model.weights_file import default_weights, weights_digest
from colorize_cli.run.cluster.connection import Connection
from colorize_cli.run.cluster.requests import Colouring, Request
from colorize_cli.run.cluster.shared import RunMark
from colorize_cli.run.run import run
from colorize_cli.settings import RunSettings

CALLS = 200


def processor_seconds() -> float:
    """Of this process and those that it has started and that still are."""
    me = psutil.Process()
    times = [process.cpu_times() for process in (me, *me.children(recursive=True))]
    return sum(t.user + t.system for t in times)


def coloured(scans: Path, output: Path, variants: int, address: str | None) -> None:
    shutil.rmtree(output, ignore_errors=True)
    code = run(RunSettings((scans,), output=output, variants=variants, device="cpu", cluster=address))
    assert code == 0


def calls_a_second(address: str, folder: Path) -> float:
    """Of requests without photos, as many at a time as a run keeps on the way."""
    mark = RunMark(folder / "mark")
    mark.make()
    engine = EngineDescription(default_weights(), weights_digest(None), "cpu")
    request = Request((), RunSettings(), engine, mark.path, folder / "journal", Colouring((), None, ""))
    with distributed.Client(address, set_as_default=False) as client:
        connection = Connection(client, address)
        began = time.perf_counter()
        for i in range(CALLS):
            connection.send(request)
            if i >= 6:
                assert connection.take(60)
        return CALLS / (time.perf_counter() - began)


@contextlib.contextmanager
def counting(spent: list[float]) -> Iterator[None]:
    before = processor_seconds()
    yield
    spent.append(processor_seconds() - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--mpixels", type=float, default=2.0)
    parser.add_argument("--variants", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    spent: dict[str, list[float]] = {"one machine": [], "cluster": []}
    with (
        tempfile.TemporaryDirectory() as name,
        distributed.LocalCluster(
            n_workers=joblib.cpu_count(), threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
    ):
        folder, address = Path(name), cluster.scheduler_address
        make_scans(folder / "few", 4 * joblib.cpu_count(), 0.1)
        make_scans(folder / "scans", options.photos, options.mpixels)

        def measured(key: str, address: str | None) -> None:
            with counting(spent[key]):
                coloured(folder / "scans", folder / key, options.variants, address)

        for place in (None, address):
            coloured(folder / "few", folder / "warm", 1, place)
        with one_thread_each():
            here, there = (lambda: measured("one machine", None)), (lambda: measured("cluster", address))
            times = in_turn(options.rounds, {"one machine": here, "cluster": there})
        calls = calls_a_second(address, folder)
    print(f"{options.photos} grey JPEG scans of {options.mpixels:g} MP, {options.variants} variants each")
    for key, values in times.items():
        print(f"{line(key, values)}; {statistics.median(spent[key]):.1f} processor seconds")
    processor = statistics.median(spent["cluster"]) / statistics.median(spent["one machine"])
    clock = ratio(times, "cluster", "one machine")
    print(f"cluster / one machine: {clock:.3f} by the clock, {processor:.3f} in processor seconds")
    print(f"calls without photos: {calls:.0f} a second")


if __name__ == "__main__":
    main()
