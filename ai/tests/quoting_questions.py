"""Ten questions whose words stand in headings, and the sentence that answers each.

Six passages of two small guides, as a search gives them: the text without its headings, the
heading path apart. Each question gets all six of its language, the right one second, because a
search is not always right.
"""

from __future__ import annotations

from dataclasses import dataclass

from ai.lexical.words import Language
from ai.ports import SourcePassage

_ENGLISH = {
    "Leave › Annual leave": "Employees have 25 days a year, and one more after ten years of "
    "service. Days that are left in December are carried over until the end of May.",
    "Leave › Bereavement": "Five working days are granted for a spouse, a parent or a child. "
    "Three days are granted for a brother or a sister.",
    "Working time › Telework": "Two days a week may be spent at home, once the manager agrees. "
    "The office provides a laptop and a headset.",
    "Travel › Reimbursement of meals": "Up to 19 euros are paid against a receipt. Alcohol is "
    "never paid by the organisation.",
    "Travel › Night trains": "A single berth is booked whenever the journey lasts over six hours. "
    "Employees who prefer a hotel ask the travel office.",
    "Security › Lost badge": "Report it to the front desk within an hour, by telephone or in "
    "person. Employees get a new one the next day against a deposit of ten euros.",
}
_FRENCH = {
    "Congés › Jours de fractionnement": "Un jour de plus est accordé à qui prend cinq jours hors "
    "de la période d'été. Deux jours le sont à qui en prend huit.",
    "Congés › Enfant malade": "Six jours par an sont accordés à chaque parent, sur certificat. "
    "Ce nombre est doublé pour qui élève seul.",
    "Déplacements › Indemnités kilométriques": "Le barème est de 0,32 euro jusqu'à cinq chevaux. "
    "La demande se fait avant la fin du mois sur le portail des agents.",
    "Temps de travail › Astreinte": "Elle donne lieu à 159 euros pour une semaine complète. Le "
    "planning est connu quinze jours avant.",
    "Santé › Mutuelle": "L'employeur verse 15 euros par mois à chaque agent. Une attestation de "
    "l'organisme est à fournir une fois par an.",
    "Formation › Compte personnel": "Vingt-cinq heures sont acquises chaque année, dans la limite "
    "de cent cinquante. La demande se fait auprès du service des ressources humaines.",
}


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    language: Language
    section: str
    answer: str  # the beginning of the sentence

    @property
    def passages(self) -> tuple[SourcePassage, ...]:
        texts = _ENGLISH if self.language == "en" else _FRENCH
        others = [section for section in texts if section != self.section]
        order = [others[0], self.section, *others[1:]]
        return tuple(
            SourcePassage(
                number=n, title="Guide.pdf", place=f"p. {n}", text=texts[section], section=section
            )
            for n, section in enumerate(order, start=1)
        )


QUESTIONS = (
    Question("How much annual leave do employees have?", "en", "Leave › Annual leave", "Employees"),
    Question("What applies to a bereavement?", "en", "Leave › Bereavement", "Five working"),
    Question("How often may employees telework?", "en", "Working time › Telework", "Two days"),
    Question("Are meals reimbursed?", "en", "Travel › Reimbursement of meals", "Up to 19"),
    Question("What if I lost my badge?", "en", "Security › Lost badge", "Report it"),
    Question(
        "Comment obtenir des jours de fractionnement ?",
        "fr",
        "Congés › Jours de fractionnement",
        "Un jour de plus",
    ),
    Question(
        "Combien de jours pour un enfant malade ?", "fr", "Congés › Enfant malade", "Six jours"
    ),
    Question(
        "Que touche un agent d'astreinte ?", "fr", "Temps de travail › Astreinte", "Elle donne"
    ),
    Question("Combien la mutuelle rembourse-t-elle ?", "fr", "Santé › Mutuelle", "L'employeur"),
    Question(
        "Quelles indemnités pour mes kilomètres ?",
        "fr",
        "Déplacements › Indemnités kilométriques",
        "Le barème",
    ),
)
