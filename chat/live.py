"""A person's open tabs: what changes a conversation in one of them is told to all the others.

The channel layer carries it to the sockets of every process. Its in-memory one is not thread-safe,
so that it is only ever touched in the server's own loop.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from functools import partial
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import transaction

from chat import frames
from chat.models import Conversation

logger = logging.getLogger(__name__)

_loops: list[asyncio.AbstractEventLoop] = []  # none or one: that of this process's sockets


def attach() -> None:
    """From now on the running loop is the one that speaks to the tabs."""
    _loops[:] = [asyncio.get_running_loop()]


def tabs_of(user: UUID) -> str:
    """Their group of the channel layer."""
    return f"user.{user.hex}"


def tell_tabs(
    conversation: Conversation, change: frames.Change, *, leaf: UUID | None = None, origin: str = ""
) -> None:
    """After the commit, tell the owner's tabs but the one whose channel is `origin`.

    From any thread; never waits. A process whose loop is not known has no socket to tell.
    """
    frame = frames.ConversationChanged(
        conversation=conversation.pk,
        change=change,
        title=conversation.title,
        pinned=conversation.pinned,
        leaf=leaf,
    )
    message = {"type": "conversation.changed", "frame": frames.encode(frame), "origin": origin}
    transaction.on_commit(partial(_send, tabs_of(conversation.user_id), message))


def _send(group: str, message: dict[str, str]) -> None:
    if not _loops or not _loops[0].is_running():
        return
    sending = get_channel_layer().group_send(group, message)
    asyncio.run_coroutine_threadsafe(sending, _loops[0]).add_done_callback(_sent)


def _sent(sending: Future[None]) -> None:
    """The change itself is made: a tab that hears nothing of it shows it when it is reloaded."""
    if not sending.cancelled() and (error := sending.exception()) is not None:
        logger.warning("open tabs could not be told: %s", error)
