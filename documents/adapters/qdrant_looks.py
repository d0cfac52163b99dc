"""What a Qdrant server says of itself, before anything is written to it."""

from __future__ import annotations

from dataclasses import dataclass

from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from common.errors import Unavailable

TIMEOUT_SECONDS = 10
OLDEST = (1, 19)  # IDF over a filter


@dataclass(frozen=True, slots=True)
class Server:
    version: str
    collections: frozenset[str]

    @property
    def is_new_enough(self) -> bool:
        major, minor, *_rest = self.version.split(".")
        return (int(major), int(minor)) >= OLDEST


def look_at(url: str, api_key: str = "") -> Server:
    """Raises Unavailable, with the status of a refusal in its cause."""
    client = QdrantClient(
        url=url, api_key=api_key or None, timeout=TIMEOUT_SECONDS, check_compatibility=False
    )
    try:
        version = client.info().version
        found = client.get_collections().collections
    except (ApiException, QdrantException) as error:
        raise Unavailable(component="Qdrant", cause=str(error) or repr(error)) from error
    finally:
        client.close()
    return Server(version, frozenset(one.name for one in found))
