"""What this web process tells the others that share its Redis. chat.listening hears it there.

One channel for each process, whatever the number of its sockets.
"""

from __future__ import annotations

from channels.layers import get_channel_layer

from chat.runs import PROCESS_ID

GROUP = "web-processes"
STOP = "stop"  # of an answer that another process writes
CHANGE = "change"  # for a person's tabs


async def tell_neighbours(kind: str, **said: str) -> None:
    message = {"type": kind, "process": PROCESS_ID, **said}
    await get_channel_layer().group_send(GROUP, message)
