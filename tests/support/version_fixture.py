"""Writes the small dataset that stays behind of a schema version: `python tests/support/version_fixture.py`.

Run once before SCHEMA_VERSION is raised, and never again for the same version: what it made then is what later code
has to read.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.tiny_dataset import make_tiny_dataset

from lcpipe.pipeline.dataset.schema import SCHEMA_VERSION, schema_document

VERSIONS = Path(__file__).parents[1] / "dataset" / "versions"


def main() -> None:
    folder = VERSIONS / SCHEMA_VERSION
    if folder.exists():
        raise SystemExit(f"{folder} is there: a version that others have is not changed any more")
    make_tiny_dataset(folder / "dataset", side=32, splits={"train": 2})
    (folder / "schema.json").write_text(json.dumps(schema_document(), indent=2) + "\n")


if __name__ == "__main__":
    main()
