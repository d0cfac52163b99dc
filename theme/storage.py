from __future__ import annotations

from typing import ClassVar

from servestatic.storage import CompressedManifestStaticFilesStorage


class ThemeStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names inside our ES modules too, so that a page never mixes two releases.

    Only theme/js is read: Django's own patterns would read bundled libraries as well, and take
    parts of their minified text for imports. Modules may not import each other in a circle, since
    each name depends on the content of what it imports.
    """

    max_post_process_passes = 12  # the longest chain of imports
    patterns: ClassVar = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "theme/js/*.js",
            (
                (  # at the start of a line: examples in comments are left alone
                    r"""(?m)^(?P<matched>(?P<head>(?:import|export)\b[^"'\n]*|\}\s*from\s*)"""
                    r"""["'](?P<url>\.{1,2}/[^"'\n]+)["'])""",
                    '%(head)s"%(url)s"',
                ),
                (
                    r"""(?P<matched>\bimport\(["'](?P<url>\.{1,2}/[^"'\n]+)["']\))""",
                    'import("%(url)s")',
                ),
            ),
        ),
    )
