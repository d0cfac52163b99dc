"""Words that tell how one asks, not what about, French and English. Used by
documents.approved_matching. Without accents, but for the way of asking: “où” asks, “ou” does not.
"""

from __future__ import annotations

from collections.abc import Mapping

_COURTESY = """
bonjour bonsoir salut merci svp stp plait voudrais voulais veux souhaite souhaiterais aimerais
savoir connaitre dire dites expliquer expliquez indiquer indiquez preciser precisez question
exactement precisement actuellement renseignement renseignements concernant par
hello hi hey please thanks thank want wonder wondering know tell explain like exactly precisely
currently actually per go
"""
# Whoever is meant by “one”, and “a year”, which goes without saying.
_ANYBODY = """
agent agents agente employe employes employee employees salarie salaries salariee personnel
collaborateur collaborateurs collaboratrice collegue personne personnes gens
organisation entreprise societe etablissement an ans annee annees
staff worker workers people person someone anyone colleague colleagues member members
company organization year years
"""
# These say nothing of the question.
COURTESY = frozenset(f"{_COURTESY} {_ANYBODY}".split())


def _by_word(groups: Mapping[str, str], separator: str | None = None) -> dict[str, str]:
    return {word.strip(): name for name, words in groups.items() for word in words.split(separator)}


# Said of most things that are asked about, or left out as often as not; by what they stand for.
_OBTAIN = """
droit droits right rights entitled entitlement
obtenir obtient obtiens avoir beneficier beneficie beneficient prendre prend prends pris poser pose
posent demander demande demandes effectuer disposer dispose recevoir recoit toucher touche
percevoir percoit verse versee verses versees utiliser suivre
get gets obtain take takes taking taken request requests requesting ask asking receive receives
use using make need
"""
_RULE = """
regle regles modalite modalites maniere facon moyen exister existe concerne prevoir prevu prevue
prevus prevues rule rules way follow
"""
LIGHT = _by_word({"day": "jour jours day days", "obtain": _OBTAIN, "rule": _RULE})

# At the beginning of a question: the longest entry counts.
OPENING = _by_word(
    {
        "who": "qui, who, whom",
        "when": "quand, quelle date, when",
        "where": "où, where",
        "count": "combien, how many, how much",
        "duration": "combien de temps, how long",
        "why": "pourquoi, why",
        "how": "comment, how do, how can, how to, how should, how does, how i can",
        "may": "peut, puis, peux, pouvons, peuvent, can, may, could, est il",
    },
    ",",
)

# Anywhere in it.
ASKING = _by_word(
    {
        "count": "nombre montant number amount",
        "when": "date",
        "where": "lieu place",
        "duration": "duree dure durent duration lasts last",
        "how": "procedure procedures demarche demarches process steps",
        "may": "possible possibilite allowed permitted",
    }
)

# Small words that the search leaves out and that turn a meaning.
TURNING = _by_word(
    {
        "not": "ne n pas non jamais aucun aucune not no never cannot",
        "without": "sans without",
        "before": "avant before",
        "after": "apres after",
        "until": "jusque jusqu until",
        "since": "depuis since",
        "more": "plus more",
        "less": "moins less fewer",
        "except": "sauf except",
        "only": "seul seule seulement uniquement only",
        "outside": "hors outside",
        "other": "other",
    }
)

NUMBERS = _by_word(
    {
        "2": "deux two",
        "3": "trois three",
        "4": "quatre four",
        "5": "cinq five",
        "6": "six",
        "7": "sept seven",
        "8": "huit eight",
        "9": "neuf nine",
        "10": "dix ten",
        "11": "onze eleven",
        "12": "douze twelve",
        "15": "quinze fifteen",
        "20": "vingt twenty",
        "30": "trente thirty",
        "100": "cent hundred",
        "1000": "mille thousand",
    }
)
