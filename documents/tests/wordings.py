"""Questions as people word them, for the calibration of documents.approved_matching.

Each group has an approved question, others that ask the same, and others that come near and ask
something else: one decisive term, a number, a negation, or the way of asking differs.
"""

from __future__ import annotations

from typing import NamedTuple


class Group(NamedTuple):
    language: str
    approved: str
    same: tuple[str, ...]
    near: tuple[str, ...]


GROUPS = (
    Group(
        "fr",
        "Combien de jours de congés annuels un agent a-t-il par an ?",
        (
            "combien de jours de conges annuels",
            "Bonjour, combien ai-je de jours de congés annuels par année svp ?",
            "Quel est le nombre de jours de congés annuels ?",
            "Nombre de congés annuels d'un agent",
            "À combien de jours de congé annuel les agents ont-ils droit ?",
        ),
        (
            "Combien de jours de congés maladie un agent a-t-il par an ?",
            "Combien de jours de congés annuels un agent contractuel a-t-il par an ?",
            "Quand poser ses congés annuels ?",
            "Qui valide les congés annuels ?",
            "Combien de jours de congés annuels peut-on reporter ?",
            "Peut-on prendre 31 jours de congés annuels ?",
            "congés",
            "Combien de jours ?",
        ),
    ),
    Group(
        "fr",
        "Comment demander le télétravail ?",
        (
            "Comment faire une demande de télétravail ?",
            "Quelle est la procédure pour demander le télétravail ?",
            "je voudrais savoir comment obtenir le teletravail",
            "Quelles démarches pour le télétravail ?",
            "Comment télétravailler ?",
        ),
        (
            "Qui peut demander le télétravail ?",
            "Comment refuser le télétravail ?",
            "Comment annuler une demande de télétravail ?",
            "Combien de jours de télétravail ?",
            "Comment demander le remboursement du télétravail ?",
            "Peut-on ne pas télétravailler ?",
        ),
    ),
    Group(
        "fr",
        "Le supplément familial est-il versé aux deux parents fonctionnaires en garde alternée ?",
        (
            "supplément familial : deux parents fonctionnaires en garde alternée",
            "En cas de garde alternée, le supplément familial est-il versé aux 2 parents"
            " fonctionnaires ?",
        ),
        (
            "Le supplément familial est-il versé aux trois parents fonctionnaires en garde"
            " alternée ?",
            "Le supplément familial est-il versé aux deux parents fonctionnaires sans garde"
            " alternée ?",
            "L'indemnité de résidence est-elle versée aux deux parents fonctionnaires en garde"
            " alternée ?",
            "Le supplément familial est-il versé aux deux parents contractuels en garde alternée ?",
        ),
    ),
    Group(
        "fr",
        "Quelle est la durée du congé de maternité pour un premier enfant ?",
        (
            "Combien de temps dure le congé maternité pour un premier enfant ?",
            "durée congé maternité premier enfant",
        ),
        (
            "Quelle est la durée du congé de paternité pour un premier enfant ?",
            "Quelle est la durée du congé de maternité pour un troisième enfant ?",
            "Quelle est la durée du congé d'adoption pour un premier enfant ?",
            "Quelle est la durée du congé de maternité ?",
            "Quand commence le congé de maternité pour un premier enfant ?",
        ),
    ),
    Group(
        "fr",
        "Peut-on être remboursé des frais de repas en mission ?",
        (
            "Remboursement des frais de repas en mission",
            "Les frais de repas en mission sont-ils remboursés ?",
            "Puis-je me faire rembourser mes frais de repas en mission ?",
        ),
        (
            "Peut-on être remboursé des frais d'hôtel en mission ?",
            "Peut-on être remboursé des frais de repas sans mission ?",
            "Peut-on ne pas être remboursé des frais de repas en mission ?",
            "Qui rembourse les frais de repas en mission ?",
            "Quand est-on remboursé des frais de repas en mission ?",
            "Peut-on être remboursé des frais de repas en formation ?",
        ),
    ),
    Group(
        "fr",
        "Quel est le seuil des marchés publics sans publicité en 2025 ?",
        (
            "seuil marché public sans publicité 2025",
            "En 2025, quel est le seuil d'un marché public sans publicité ?",
        ),
        (
            "Quel est le seuil des marchés publics sans publicité en 2024 ?",
            "Quel est le seuil des marchés publics avec publicité en 2025 ?",
            "Quel est le seuil des marchés publics en 2025 ?",
            "Quel est le plafond des marchés publics sans publicité en 2025 ?",
        ),
    ),
    Group(
        "fr",
        "Un agent non titulaire peut-il bénéficier du compte épargne-temps ?",
        (
            "Les agents non titulaires peuvent-ils bénéficier d'un compte épargne temps ?",
            "Compte épargne-temps pour les non titulaires",
        ),
        (
            "Un agent titulaire peut-il bénéficier du compte épargne-temps ?",
            "Un agent non titulaire peut-il fermer un compte épargne-temps ?",
            "Un stagiaire non titulaire peut-il bénéficier du compte épargne-temps ?",
        ),
    ),
    Group(
        "en",
        "How many days of annual leave do employees have?",
        (
            "how much annual leave do I get",
            "How many days of annual leave per year?",
            "What is the number of annual leave days for an employee?",
            "Hello, how many annual leave days am I entitled to, please?",
        ),
        (
            "How many days of sick leave do employees have?",
            "How many days of annual leave can be carried over?",
            "How many hours of annual leave do employees have?",
            "When must annual leave be taken?",
            "Who approves annual leave?",
            "How many days of annual leave do part-time employees have?",
            "Do employees not have annual leave?",
            "annual leave",
        ),
    ),
    Group(
        "en",
        "How do I reset my password?",
        (
            "how to reset the password",
            "What is the process to reset a password?",
            "Please tell me how I can reset my password",
            "Steps for resetting a password",
        ),
        (
            "Who can reset my password?",
            "How do I reset my phone?",
            "How do I reset my password without my phone?",
            "How often must I reset my password?",
            "How do I choose a password?",
        ),
    ),
    Group(
        "en",
        "Can I work from home more than two days a week?",
        (
            "Can employees work from home more than 2 days a week?",
            "May staff work from home more than two days per week?",
        ),
        (
            "Can I work from home two days a week?",
            "Can I work from home more than three days a week?",
            "Can I work from home less than two days a week?",
            "Can I work from abroad more than two days a week?",
            "Can I not work from home more than two days a week?",
            "Can I work from home more than two days a month?",
        ),
    ),
    Group(
        "en",
        "Who approves travel expenses?",
        ("Who approves the travel expenses of an employee?", "who is approving travel expenses"),
        (
            "Who refunds travel expenses?",
            "When are travel expenses approved?",
            "Who approves training expenses?",
            "Who approves travel?",
        ),
    ),
    Group(
        "en",
        "What must I do before the end of my probation period?",
        ("What do I need to do before the end of the probation period?",),
        (
            "What must I do after the end of my probation period?",
            "What must I do before the start of my probation period?",
            "What must I do before the end of my notice period?",
        ),
    ),
)

# Written after the calibration, and not used for it.
HELD_OUT = (
    Group(
        "fr",
        "Comment signaler un accident du travail ?",
        (
            "Comment déclarer un accident du travail ?",
            "Quelle procédure pour signaler un accident de travail ?",
            "signaler accident travail",
            "Merci de me dire comment signaler un accident du travail",
        ),
        (
            "Comment signaler un accident de trajet ?",
            "À qui signaler un accident du travail ?",
            "Quand signaler un accident du travail ?",
            "Comment contester un accident du travail ?",
        ),
    ),
    Group(
        "fr",
        "Quel est le délai pour rendre un arrêt maladie ?",
        (
            "délai pour rendre un arrêt maladie",
            "Quel délai pour un arrêt maladie à rendre ?",
            "Sous quel délai rendre son arrêt de maladie ?",
        ),
        (
            "Quel est le délai pour rendre un arrêt maladie après 3 jours ?",
            "Quel est le délai pour rendre un matériel ?",
            "Quel est le délai pour contester un arrêt maladie ?",
            "Quelle est la durée d'un arrêt maladie ?",
        ),
    ),
    Group(
        "fr",
        "Où trouver le formulaire de remboursement des transports ?",
        (
            "Où se trouve le formulaire de remboursement de transport ?",
            "Où puis-je trouver un formulaire pour le remboursement du transport ?",
        ),
        (
            "Où trouver le formulaire de remboursement des repas ?",
            "Qui signe le formulaire de remboursement des transports ?",
            "Où envoyer le formulaire de remboursement des transports ?",
            "remboursement des transports",
        ),
    ),
    Group(
        "en",
        "When is the salary paid?",
        ("When are salaries paid?", "On what date is the salary paid?", "when is my salary paid"),
        (
            "When is the bonus paid?",
            "Who pays the salary?",
            "When is the salary not paid?",
            "When is the salary raised?",
        ),
    ),
    Group(
        "en",
        "Can I carry over unused leave to next year?",
        (
            "Is it possible to carry over unused leave to next year?",
            "Can unused leave be carried over to next year?",
        ),
        (
            "Can I sell unused leave?",
            "Can I carry over unused leave to next month?",
            "How many days of unused leave can I carry over to next year?",
            "Until when can I carry over unused leave to next year?",
        ),
    ),
    Group(
        "en",
        "What documents are needed for a parental leave of 6 months?",
        (
            "Which documents do I need for six months of parental leave?",
            "documents needed for parental leave of 6 months",
        ),
        (
            "What documents are needed for a parental leave of 9 months?",
            "What documents are needed for a sick leave of 6 months?",
            "What documents are needed for a parental leave of 6 weeks?",
            "Who signs the documents for a parental leave of 6 months?",
        ),
    ),
)

# Pairs of words of which either may part two questions that ask the same.
SYNONYMS = """
    declare/report reimbursed/refunded salary/wage salary/pay employees/staff
    holiday/vacation laptop/computer renew/extend buy/purchase start/begin end/finish
    phone/telephone doctor/physician illness/sickness sick/ill car/vehicle meal/lunch
    resign/quit dismissed/fired retirement/pension apply/request form/document boss/manager
    training/course password/passcode deadline/time_limit meeting/appointment
    allowance/benefit maternity/motherhood expenses/costs submit/send cancel/withdraw
    badge/card colleague/coworker pregnancy/pregnant invoice/bill overtime/extra_hours
    payslip/pay_slip
"""

# Pairs that are near, and make another question of it.
OPPOSITES = """
    weeks/months days/weeks month/year minimum/maximum increase/decrease buy/sell
    lend/borrow arrive/leave employer/employee employers/employees permanent/temporary
    morning/evening monday/friday father/mother maternity/paternity husband/wife
    director/manager internal/external teacher/student accept/refuse grant/withdraw
    start/end first/last full/partial inside/outside debit/credit public/private
    hire/dismiss train/bus lunch/dinner summer/winter north/south january/february
    son/daughter sick/annual legal/illegal import/export upload/download phone/password
    gross/net open/close lock/unlock approve/reject junior/senior car/bicycle french/english
    nurse/doctor
"""
