"""Crawls a small site in a process of its own, to be killed: `python crawl_site.py HOST:PORT FOLDER [SHORT_SIDE]`.

With a short side, pictures are stored reduced to it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.small_site import Place, recipe_for

from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.progress import Reporter

if __name__ == "__main__":
    place, folder = Place(sys.argv[1]), Path(sys.argv[2])
    reduce = {"reduce": {"short_side": int(sys.argv[3])}} if len(sys.argv) > 3 else {}
    recipe = recipe_for(folder, place, requests_per_second=400.0, **reduce)
    crawl(recipe, str(folder / "cache"), Reporter(-1), retry_failed=True)
