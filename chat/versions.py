"""The rows of other versions: of an answer, of a question, of an answer that goes on. Blocking."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from accounts.models import User
from chat.branches import branches_of
from chat.continuing import Begun, is_unfinished
from chat.errors import AnswerComplete
from chat.frames import Continue, Edit, Regenerate
from chat.limits import Limits
from chat.models import Conversation, Message
from chat.records import AskedQuestion, claim, new_answer, record_once
from chat.selectors import get_answer_for, get_conversation_for, get_question_for, passages_for
from common.errors import NotFound
from documents.models import Corpus


def record_version(
    user: User, asked: Regenerate | Edit | Continue, *, owner: str, limits: Limits, goes_on: bool
) -> AskedQuestion:
    """Make the rows of another version, or find those of the same frame.

    `goes_on`: whether the model can take up what was begun; else the answer begins anew. Raises
    what record_question does, and AnswerComplete where there is nothing to go on with.
    """
    match asked:
        case Regenerate():
            create = partial(_another_answer, user, asked, owner)
        case Edit():
            create = partial(_another_question, user, asked, owner)
        case Continue():
            create = partial(_continuation, user, asked, owner, goes_on)
    return record_once(user, asked.id, limits, create)


def _another_answer(user: User, asked: Regenerate | Continue, owner: str) -> AskedQuestion:
    earlier = get_answer_for(user, asked.answer)
    question = earlier.parent
    if question is None:
        raise NotFound(cause=f"answer {earlier.pk} has no question")
    question.conversation = earlier.conversation
    claim(earlier.conversation)
    answer = new_answer(question, owner=owner, client_id=asked.id)
    answer.save(force_insert=True)
    return AskedQuestion(earlier.conversation, question, answer, is_new=True)


def _another_question(user: User, asked: Edit, owner: str) -> AskedQuestion:
    earlier = get_question_for(user, asked.question)
    claim(earlier.conversation)
    question = Message(
        conversation=earlier.conversation,
        role=Message.Role.USER,
        parent_id=earlier.parent_id,
        text=asked.text.strip(),
        client_id=asked.id,
        language=earlier.language,
        filters=earlier.filters,
    )
    answer = new_answer(question, owner=owner)
    Message.objects.bulk_create([question, answer])
    return AskedQuestion(earlier.conversation, question, answer, is_new=True)


def _continuation(user: User, asked: Continue, owner: str, goes_on: bool) -> AskedQuestion:
    earlier = get_answer_for(user, asked.answer)
    if earlier.status != Message.Status.STREAMING and not is_unfinished(earlier):
        raise AnswerComplete
    rows = _another_answer(user, asked, owner)
    begun = _begun(user, earlier) if goes_on else None
    return AskedQuestion(rows.conversation, rows.question, rows.answer, is_new=True, begun=begun)


def _begun(user: User, earlier: Message) -> Begun | None:
    """None where nothing was begun, or where nothing that it rests on may still be read."""
    passages = passages_for(user, [earlier])[earlier.pk]
    if not earlier.text.strip() or not passages:
        return None
    corpora = Corpus.objects.filter(
        documents__versions__in={passage.version for passage in passages}
    ).distinct()
    instructions = [corpus.instructions for corpus in corpora if corpus.instructions]
    return Begun(text=earlier.text, passages=passages, instructions="\n".join(instructions))


def step_to(user: User, conversation_id: UUID | str, message: UUID) -> tuple[Conversation, UUID]:
    """Show the branch through `message`, and say where it ends.

    Raises NotFound where it is not of the conversation.
    """
    conversation = get_conversation_for(user, conversation_id)
    branches = branches_of(conversation)
    if message not in branches:
        raise NotFound(cause=f"message {message} of conversation {conversation.pk}")
    end = branches.end_of(message)
    # Looking back is no activity: the conversation keeps its place in the list.
    leaf = None if end == branches.newest else end
    Conversation.objects.filter(pk=conversation.pk).update(leaf=leaf)
    return conversation, end
