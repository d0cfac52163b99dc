"""Where files come from, beside what people upload one by one: archives, the web, folders, stores.

gathering   one look at a source: the only verb that takes files
services    what curators do with a source
places      how each kind lists and fetches its files (web, archives, folders, buckets)
"""

from __future__ import annotations
