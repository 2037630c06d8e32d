"""Crawling against img2dataset on one list, server and machine: whole commands, in turn, politeness lifted for both.

    python benchmarks/bench_crawl.py [--pictures 1500] [--rows 20000] [--peer-venv DIR] [--only peer|memory|latency]

`same work` is fetch, decode, shrink to 512 and store: `crawl` with `reduce = { short_side = 512 }` against
img2dataset's own command with `keep_ratio`, both as JPEG 4:2:0 of quality 95. `fetch alone` is `crawl` against
`--resize_mode no`. `whole build` goes on to one rendered colour column. `memory` crawls many rows and a tenth of them.
`latency` serves every picture 100 ms late and compares with what the connections allow, and with threads that only ask:
the whole command, and between the first and the last picture on the server's clock. The peer is installed into a
virtual environment of its own, the first time it is asked for; nginx serves the files.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lcpipe.pipeline.toml_text import toml_text

PEER = "img2dataset==1.47.0"
LATENCY_S = 0.1
SMALL = "small.png"


def draw_pictures(folder: Path, count: int) -> None:
    """JPEGs of about one megapixel, each of its own content."""
    folder.mkdir()
    for number in range(count):
        rng = np.random.default_rng(number)
        small = rng.integers(0, 256, (24, 32, 3), np.uint8)
        picture = cv2.resize(small, (1152, 864), interpolation=cv2.INTER_CUBIC)
        noise = rng.integers(0, 12, picture.shape, np.uint8)
        cv2.imwrite(str(folder / f"{number}.jpg"), cv2.add(picture, noise), [cv2.IMWRITE_JPEG_QUALITY, 90])
    cv2.imwrite(str(folder / SMALL), small)


def free_port() -> int:
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def nginx(folder: Path, work: Path) -> Iterator[str]:
    """Serves a folder; its address."""
    port = free_port()
    (work / "nginx.conf").write_text(
        f"daemon off; pid {work}/nginx.pid; error_log {work}/nginx.err; worker_processes 1;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log off; sendfile on; types {{ image/jpeg jpg; }} "
        f"client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;"
        f" uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    for path in (work, folder):
        path.chmod(0o755)
    server = subprocess.Popen(["nginx", "-c", str(work / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


class Late(SimpleHTTPRequestHandler):
    """Serves files after a while, without a word."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(LATENCY_S)
        super().do_GET()
        if self.path.endswith(".jpg"):
            self.server.times.append(time.monotonic())  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: Any) -> None:
        return


@contextmanager
def late(folder: Path) -> Iterator[tuple[str, list[float]]]:
    """Serves a folder late; its address, and the times at which pictures were sent."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Late, directory=str(folder))) as server:
        server.daemon_threads = True
        server.times = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", server.times  # type: ignore[attr-defined]
        server.shutdown()


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def write_list(path: Path, address: str, count: int) -> None:
    pq.write_table(pa.table({"url": [f"{address}/{number}.jpg" for number in range(count)]}), path)


def write_recipe(folder: Path, address: str, connections: int, **crawl: Any) -> None:
    table = {
        "name": "bench",
        "sources": {"list": {"kind": "urls", "path": str(folder / "list.parquet")}},
        "crawl": {
            "allow_hosts": [address.removeprefix("http://")], "requests_per_second": 100_000.0,
            "connections_per_host": connections, **crawl,
        },
        "near_duplicates": {"distance": 0, "keep": "all"},
        "render": {"short_side": 512, "oversample": 1, "color": {"codec": "jpeg", "quality": 95}},
    }  # fmt: skip
    (folder / "recipe.toml").write_text(toml_text(table))


# Runs a command in a process that has no other children, and prints what it took: the peak is of this command alone.
RUNNER = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
if done.returncode:
    sys.exit(done.stderr[-2000:])
facts = {"s": time.perf_counter() - began, "cpu_s": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}
print(json.dumps(facts))
"""


def timed(command: list[str], folder: Path) -> dict[str, float]:
    """Seconds of a whole command, of the processors, and the largest resident size of any of its processes, in MiB."""
    call = [sys.executable, "-c", RUNNER, *command]
    done = subprocess.run(call, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    facts: dict[str, float] = json.loads(done.stdout)
    return facts


def ours(folder: Path, *arguments: str) -> dict[str, float]:
    shutil.rmtree(folder / "cache", ignore_errors=True)
    call = [sys.executable, "-m", "lcpipe.pipeline", "-q", *arguments, "--cache", "cache"]
    return timed(call, folder)


def theirs(folder: Path, venv_dir: Path, resize: str) -> dict[str, float]:
    shutil.rmtree(folder / "peer", ignore_errors=True)
    how = ["--input_format", "parquet", "--url_col", "url", "--output_format", "parquet", "--output_folder", "peer"]
    size = ["--image_size", "512", "--resize_mode", resize, "--encode_quality", "95"]
    # six shards, so that its two processes end together
    spread = ["--processes_count", "2", "--thread_count", "16", "--number_sample_per_shard", "250"]
    call = [str(venv_dir / "bin" / "img2dataset"), "--url_list", "list.parquet", *how, *size, *spread]
    return timed(call, folder)


def install_peer(folder: Path) -> Path:
    if not (folder / "bin" / "img2dataset").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", PEER, "setuptools<81"], check=True)
    return folder


def report(what: str, pictures: int, mine: dict[str, float], other: dict[str, float]) -> None:
    rates = {"ours_per_s": pictures / mine["s"], "peer_per_s": pictures / other["s"]}
    ratios = {"ratio": other["s"] / mine["s"], "cpu_ratio": other["cpu_s"] / mine["cpu_s"]}
    memory = {"ours_peak_mib": mine["peak_mib"], "peer_peak_mib": other["peak_mib"]}
    figures = {key: round(value, 2) for key, value in (rates | ratios | memory).items()}
    print(json.dumps({"benchmark": what, "pictures": pictures} | figures), flush=True)


def against_peer(work: Path, folder: Path, count: int, peer: Path) -> None:
    with nginx(folder, work) as address:
        write_list(work / "list.parquet", address, count)
        other = theirs(work, peer, "keep_ratio")
        write_recipe(work, address, 32, reduce={"short_side": 512, "quality": 95, "chroma": "4:2:0"})
        report("crawl same work", count, ours(work, "crawl", "recipe.toml"), other)
        write_recipe(work, address, 32)
        report("crawl fetch alone", count, ours(work, "crawl", "recipe.toml"), theirs(work, peer, "no"))
        mine = ours(work, "build-dataset", "recipe.toml", "--until", "render", "--workers", "2")
        report("crawl whole build", count, mine, other)


def memory(work: Path, folder: Path, rows: int) -> None:
    """The largest size of a crawl of many rows beside that of a tenth of them; every row is of its own address."""
    with nginx(folder, work) as address:
        peaks, rates = [], []
        for count in (rows // 10, rows):
            one = f"{address}/{SMALL}"
            pq.write_table(pa.table({"url": [f"{one}?{number}" for number in range(count)]}), work / "list.parquet")
            write_recipe(work, address, 32)
            facts = ours(work, "crawl", "recipe.toml")
            peaks.append(round(facts["peak_mib"], 1))
            rates.append(round(count / facts["s"], 1))
    facts = {"rows": rows, "per_s": rates[1], "peak_mib": peaks[1], "peak_mib_of_a_tenth": peaks[0]}
    print(json.dumps({"benchmark": "crawl memory"} | facts | {"growth": round(peaks[1] / peaks[0], 3)}), flush=True)


def bare_per_s(address: str, count: int, connections: int) -> float:
    """What threads get that do nothing but ask, each over a connection that it keeps: the server's own pace."""

    def ask(first: int) -> None:
        connection = HTTPConnection(address.removeprefix("http://"))
        for number in range(first, count, connections):
            connection.request("GET", f"/{number}.jpg")
            connection.getresponse().read()
        connection.close()

    began = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(ask, range(connections)))
    return count / (time.monotonic() - began)


def with_latency(work: Path, folder: Path, count: int, connections: int) -> None:
    """The share of what the connections allow: of the whole command, and once it asks for pictures."""
    with late(folder) as (address, times):
        write_list(work / "list.parquet", address, count)
        write_recipe(work, address, connections)
        bare = bare_per_s(address, count, connections)
        times.clear()
        seconds = ours(work, "crawl", "recipe.toml")["s"]
    bound = connections / LATENCY_S
    steady = (count - connections) / (times[-1] - times[connections - 1])  # the first of each connection come at once
    rates = {
        "bound_per_s": bound,
        "per_s": round(count / seconds, 1),
        "steady_per_s": round(steady, 1),
        "bare_per_s": round(bare, 1),
    }
    shares = {"share": count / seconds / bound, "steady_share": steady / bound, "steady_of_bare": steady / bare}
    figures = {name: round(value, 3) for name, value in (rates | shares).items()}
    print(json.dumps({"benchmark": "crawl latency", "pictures": count, "connections": connections} | figures))


def main() -> None:
    """Measures and prints one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1500)
    parser.add_argument("--connections", type=int, default=8, help="of the run with latency")
    parser.add_argument("--peer-venv", type=Path, default=Path(tempfile.gettempdir()) / "lcpipe-bench-img2dataset")
    parser.add_argument("--rows", type=int, default=20_000, help="of the run that looks at memory")
    parser.add_argument("--only", choices=["peer", "memory", "latency"])
    options = parser.parse_args()
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    with tempfile.TemporaryDirectory() as top:
        work, folder = Path(top) / "work", Path(top) / "pictures"
        work.mkdir()
        os.chmod(top, 0o755)  # noqa: S103
        draw_pictures(folder, options.pictures)
        if options.only != "latency" and shutil.which("nginx") is None:
            raise SystemExit("nginx is needed to serve the pictures; install it (Debian: nginx-light)")
        if options.only in (None, "peer"):
            against_peer(work, folder, options.pictures, install_peer(options.peer_venv))
        if options.only in (None, "memory"):
            memory(work, folder, options.rows)
        if options.only in (None, "latency"):
            with_latency(work, folder, options.pictures, options.connections)


if __name__ == "__main__":
    main()
