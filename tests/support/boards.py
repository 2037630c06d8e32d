"""Sites as the sources know them, on loopback: a board of posts in three dialects, and a wiki of files."""

import hashlib
import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.small_site import Site, answer, picture

PATHS = ("/posts.json", "/index.php", "/post.json", "/w/api.php")
CREATED = 1_600_000_000


class Board(Site):
    """Posts 1 to `count`, each with the picture /p/<id>.png; `changes` overwrites fields of a post's answer."""

    def __init__(self, count: int = 0) -> None:
        super().__init__(count)
        self.changes: dict[int, dict[str, Any]] = {}
        self.queries: list[tuple[str, dict[str, str]]] = []
        self.authorizations: set[str | None] = set()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        if parts.path not in PATHS or parts.path in self.acts:
            super().serve(handler)
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.queries.append((parts.path, query))
        self.authorizations.add(handler.headers.get("Authorization"))
        answers = dict(zip(PATHS, (self.danbooru, self.gelbooru, self.moebooru, self.wiki), strict=True))
        answer(handler, 200, json.dumps(answers[parts.path](query)).encode(), content_type="application/json")

    def danbooru(self, query: dict[str, str]) -> list[dict[str, Any]]:
        limit, page, tags = int(query["limit"]), query.get("page", ""), query.get("tags", "")
        numbers = [n for n in range(self.count, 0, -1) if not self.changes.get(n, {}).get("vanished")]
        if tags.startswith("id:"):
            wanted = {int(text) for text in tags[3:].split(",")}
            chosen = [n for n in numbers if n in wanted]
        elif page.startswith("a"):
            chosen = [n for n in numbers if n > int(page[1:])][-limit:]
        else:
            chosen = [n for n in numbers if n < int(page[1:])][:limit] if page else numbers[:limit]
        return [self.post(n) for n in chosen[:limit]]

    def post(self, number: int) -> dict[str, Any]:
        variants = [
            {"type": kind, "url": f"{self.url}/p/{number}.png?{kind}", "width": side, "height": side + 40}
            for kind, side in (("360x360", 360), ("720x720", 720), ("sample", 850), ("original", 2000))
        ]
        return {
            "id": number, "md5": hashlib.md5(picture(number), usedforsecurity=False).hexdigest(), "rating": "g",
            "file_url": f"{self.url}/p/{number}.png", "tag_string_general": f"1girl tag_{number}",
            "tag_string_artist": f"artist_{number}", "tag_string_character": "", "tag_string_copyright": "original",
            "tag_string_meta": "highres", "score": number, "created_at": "2024-01-02T03:04:05.000-05:00",
            "parent_id": None, "source": "https://example.org/work", "is_banned": False, "is_deleted": False,
            "is_pending": False, "media_asset": {"variants": variants}, **self.changes.get(number, {}),
        }  # fmt: skip

    def gelbooru(self, query: dict[str, str]) -> dict[str, Any]:
        limit, tags = int(query["limit"]), query.get("tags", "").split()
        numbers = list(range(self.count, 0, -1))
        for tag in tags:
            if tag.startswith("id:<"):
                numbers = [n for n in numbers if n < int(tag[4:])]
            elif tag.startswith("id:>"):
                numbers = [n for n in numbers if n > int(tag[4:])]
            elif tag.startswith("id:"):
                numbers = [n for n in numbers if n == int(tag[3:])]
        numbers = sorted(numbers) if "sort:id:asc" in tags else numbers
        numbers = [n for n in numbers if not self.changes.get(n, {}).get("vanished")]
        return {"@attributes": {"count": len(numbers)}, "post": [self.flat_post(n) for n in numbers[:limit]]}

    def flat_post(self, number: int) -> dict[str, Any]:
        return {
            "id": number, "md5": hashlib.md5(picture(number), usedforsecurity=False).hexdigest(), "score": number,
            "file_url": f"{self.url}/p/{number}.png", "sample_url": "", "tags": f"1girl tag_{number}",
            "rating": "general", "created_at": "Sat Oct 30 12:34:56 -0500 2021", "source": "", "status": "active",
            "parent_id": 0, **self.changes.get(number, {}),
        }  # fmt: skip

    def moebooru(self, query: dict[str, str]) -> list[dict[str, Any]]:
        limit, page, tags = int(query["limit"]), int(query.get("page", 1)), query.get("tags", "")
        numbers = [n for n in range(self.count, 0, -1) if not self.changes.get(n, {}).get("vanished")]
        if tags.startswith("id:"):
            numbers = [n for n in numbers if n == int(tags[3:])]
        chosen = numbers[(page - 1) * limit : page * limit]
        return [self.flat_post(n) | {"created_at": CREATED + n} | self.changes.get(n, {}) for n in chosen]

    def wiki(self, query: dict[str, str]) -> dict[str, Any]:
        if "pageids" in query:
            ids = [int(text) for text in query["pageids"].split("|")]
            return {"query": {"pages": [self.file(n) for n in ids if not self.changes.get(n, {}).get("vanished")]}}
        step = {"Category:Manga": 1, "Category:Odd": 2}.get(query["gcmtitle"])
        if step is None:
            return {"batchcomplete": True}
        limit, first = int(query["gcmlimit"]), int(query.get("gcmcontinue", 0))
        members = [n for n in range(self.count, 0, -1) if n % step or step == 1]
        pages = [self.file(n) for n in sorted(members[first : first + limit])]  # by page, not by time, as a wiki does
        more = {"continue": {"gcmcontinue": str(first + limit), "continue": "gcmcontinue||"}}
        return {"query": {"pages": pages}} | (more if first + limit < len(members) else {})

    def file(self, number: int) -> dict[str, Any]:
        info = {
            "url": f"{self.url}/p/{number}.png", "sha1": hashlib.sha1(picture(number)).hexdigest(),  # noqa: S324
            "width": 24, "height": 24, "mime": "image/png", "timestamp": "2024-05-06T07:08:09Z",
            "descriptionurl": f"{self.url}/wiki/File:{number}.png",
            "extmetadata": {
                "LicenseShortName": {"value": "CC BY-SA 4.0"},
                "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"},
                "Artist": {"value": f'<a href="//x.example">Painter &amp; {number}</a>'},
            },
        }  # fmt: skip
        return {"pageid": number, "imageinfo": [info | self.changes.get(number, {})]}
