"""python -m bench.stack.seeding PEOPLE PASSAGES: fills the prepared installation.

Prints a JSON object: the session cookies of PEOPLE readers, that of the administrator, and the id
of the corpus that they read.
"""

from __future__ import annotations

import json
import sys


def main(people: int, passages: int) -> None:
    import django

    django.setup()
    from accounts.models import User
    from bench.seed import seed_passages, seed_people, session_of
    from documents.adapters.registry import close_indexes
    from documents.models import Corpus

    admin = User.objects.get(is_superuser=True)
    seed_passages(admin, passages)
    seeded = {
        "readers": seed_people(admin, people),
        "admin": session_of(admin),
        "corpus": str(Corpus.objects.get(name="Rules").pk),
    }
    close_indexes()
    sys.stdout.write(json.dumps(seeded))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
