"""A person's open tabs: what changes a conversation in one of them is told to all the others.

Each process knows its own sockets, and tells its neighbours what they must pass on to theirs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from chat import frames
from chat.models import Conversation
from chat.neighbours import CHANGE, tell_neighbours

logger = logging.getLogger(__name__)


class Tab(Protocol):
    tab: str  # its name
    language: str

    def show(self, frame: str) -> None:
        """In the loop of the sockets; does not wait."""


_loops: list[asyncio.AbstractEventLoop] = []  # none or one: that of this process's sockets
_tabs: dict[UUID, set[Tab]] = {}


def attach() -> None:
    """From now on the running loop is the one that speaks to the tabs."""
    _loops[:] = [asyncio.get_running_loop()]


def open_tab(user: UUID, tab: Tab) -> int:
    """Returns how many tabs the user has in this process."""
    tabs = _tabs.setdefault(user, set())
    tabs.add(tab)
    return len(tabs)


def close_tab(user: UUID, tab: Tab) -> None:
    _tabs[user].discard(tab)
    if not _tabs[user]:
        del _tabs[user]


def open_tabs() -> int:
    """In this process."""
    return sum(len(tabs) for tabs in _tabs.values())


def show(user: UUID, frame: str, *, origin: str = "") -> None:
    """Send a frame to the tabs of this process but `origin`. In the loop of the sockets."""
    for tab in list(_tabs.get(user, ())):
        if tab.tab != origin:
            tab.show(frame)


def show_everyone(make: Callable[[str], str]) -> None:
    """The frame that `make` gives for a language, to all tabs of this process. In their loop."""
    made: dict[str, str] = {}
    for tab in [tab for tabs in _tabs.values() for tab in tabs]:
        if tab.language not in made:
            made[tab.language] = make(tab.language)
        tab.show(made[tab.language])


def tell_tabs(
    conversation: Conversation, change: frames.Change, *, leaf: UUID | None = None, origin: str = ""
) -> None:
    """After the commit, tell the owner's tabs but the one named `origin`. From any thread; never
    waits where this process has sockets."""
    change_frame = frames.ConversationChanged(
        conversation=conversation.pk,
        change=change,
        title=conversation.title,
        pinned=conversation.pinned,
        leaf=leaf,
    )
    tell = partial(_tell, conversation.user_id, frames.encode(change_frame), origin)
    transaction.on_commit(tell)


def _tell(user: UUID, frame: str, origin: str) -> None:
    if _loops and _loops[0].is_running():
        _loops[0].call_soon_threadsafe(partial(show, user, frame, origin=origin))
    if not settings.CHANNEL_REDIS:
        return
    if _loops and _loops[0].is_running():
        asyncio.run_coroutine_threadsafe(_tell_elsewhere(user, frame, origin), _loops[0])
    else:
        async_to_sync(_tell_elsewhere)(user, frame, origin)


async def _tell_elsewhere(user: UUID, frame: str, origin: str) -> None:
    try:
        await tell_neighbours(CHANGE, user=str(user), frame=frame, origin=origin)
    except (OSError, RedisError) as error:
        # The change itself is made: a tab that hears nothing of it shows it when it is reloaded.
        logger.warning("open tabs elsewhere could not be told: %s", error)
