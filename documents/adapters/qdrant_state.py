"""What a Qdrant server is, and how long the vectors are that it keeps for a generation."""

from __future__ import annotations

from dataclasses import dataclass

from qdrant_client import QdrantClient
from qdrant_client.http.exceptions import ApiException

from common.errors import Unavailable
from documents.adapters.passage_payload import DENSE

# An operator looks at it.
TIMEOUT_SECONDS = 5
OLDEST = (1, 19)  # IDF over a filter


@dataclass(frozen=True, slots=True)
class ServerState:
    version: str
    dimensions: int | None  # 0 for no vectors, None where the collection does not exist yet

    @property
    def is_new_enough(self) -> bool:
        return tuple(int(part) for part in self.version.split(".")[:2]) >= OLDEST


def ask_server(url: str, api_key: str, collection: str) -> ServerState:
    """Writes nothing. Raises Unavailable."""
    client = QdrantClient(
        url=url, api_key=api_key or None, timeout=TIMEOUT_SECONDS, check_compatibility=False
    )
    try:
        return ServerState(client.info().version, _dimensions(client, collection))
    except ApiException as error:
        raise Unavailable(component="Qdrant", cause=str(error) or repr(error)) from error
    finally:
        client.close()


def _dimensions(client: QdrantClient, collection: str) -> int | None:
    if not client.collection_exists(collection):
        return None
    vectors = client.get_collection(collection).config.params.vectors
    if not isinstance(vectors, dict) or DENSE not in vectors:
        return 0
    return vectors[DENSE].size
