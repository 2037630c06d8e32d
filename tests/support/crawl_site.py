"""Crawls a small site in a process of its own, to be killed: `python crawl_site.py HOST:PORT FOLDER`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.small_site import Place, recipe_for

from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.progress import Reporter

if __name__ == "__main__":
    place, folder = Place(sys.argv[1]), Path(sys.argv[2])
    crawl(recipe_for(folder, place, requests_per_second=400.0), str(folder / "cache"), Reporter(-1), retry_failed=True)
