"""Every frame has a golden JSON, which the browser's tests load too."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import get_args
from uuid import UUID

import msgspec
import pytest

from chat import frames

GOLDEN = Path(__file__).parent / "golden" / "frames.json"
ID = UUID("12345678-1234-5678-1234-567812345678")

PASSAGE = frames.PassageView(
    number=1,
    document=ID,
    version=ID,
    chunk=ID,
    title="Leave guide",
    corpus="Rules",
    page=7,
    page_label="",
    section="Leave › Annual",
    text="Employees have 25 days.",
    marks=((0, 9),),
    url=f"/documents/{ID}/?page=7",
    start=10,
    end=33,
    reference="p.\u00a07",
    also_in=(
        frames.PlaceView(
            document=ID,
            version=ID,
            title="Leave guide, reprint",
            reference="p.\u00a03",
            url=f"/documents/{ID}/?version={ID}&page=3",
        ),
    ),
    differs=(frames.DifferenceView(number=2, kind="figures"),),
    stood_on=date(2025, 3, 3),
)
CITATION = frames.CitationView(
    number=1, url=PASSAGE.url, title=PASSAGE.title, page=7, reference="p.\u00a07"
)

APPROVED = frames.ApprovedView(
    id=ID,
    corpus=ID,
    question="How many days of leave?",
    owner="Erin",
    reviewed_on=date(2026, 3, 4),
    review_on=date(2026, 9, 1),
    is_due=False,
)

EXAMPLES = [
    frames.Ask(
        id="0b6c2d1e-5a",
        text="How many days?",
        kind="search",
        conversation=ID,
        corpora=(ID,),
        media_types=("application/pdf",),
        documents=(ID,),
        languages=("en",),
        sections=("Leave",),
        as_of=date(2025, 3, 3),
    ),
    frames.Regenerate(id="0b6c2d1e-5a", answer=ID),
    frames.Edit(id="0b6c2d1e-5a", question=ID, text="How many weeks?"),
    frames.Continue(id="0b6c2d1e-5a", answer=ID),
    frames.Watch(answer=ID, after=3),
    frames.Stop(answer=ID),
    frames.Ping(),
    frames.Accepted(
        id="0b6c2d1e-5a",
        conversation=ID,
        question=ID,
        answer=ID,
        title="Days",
        as_of=date(2025, 3, 3),
    ),
    frames.Snapshot(
        answer=ID,
        n=5,
        status="streaming",
        text="25 days[1]",
        passages=(PASSAGE,),
        citations=(CITATION,),
        approved=APPROVED,
        as_of=date(2025, 3, 3),
    ),
    frames.Stage(answer=ID, n=1, stage="reading", count=6),
    frames.Notice(answer=ID, n=2, code="waiting", sentence="It is busy.", retry_after=7),
    frames.Approved(answer=ID, n=2, approved=APPROVED),
    frames.Passages(answer=ID, n=2, passages=(PASSAGE,)),
    frames.Text(answer=ID, n=3, text="25 days[1]"),
    frames.Cited(answer=ID, n=4, citation=CITATION),
    frames.Located(
        answer=ID, n=5, citations=(msgspec.structs.replace(CITATION, cited=((10, 28),)),)
    ),
    frames.UsageReport(
        answer=ID,
        n=5,
        model="mock",
        prompt_tokens=100,
        completion_tokens=7,
        timings={"search": 4, "first_text": 30, "total": 90},
    ),
    frames.Done(answer=ID, n=6, status="done", code="answer-cut", sentence="It ran on."),
    frames.Stopped(answer=ID, n=6),
    frames.Interrupted(answer=ID, n=6),
    frames.Failed(answer=ID, n=6, code="model-busy", sentence="The language model is busy."),
    frames.ConversationChanged(
        conversation=ID, change="asked", title="Days", pinned=False, leaf=ID
    ),
    frames.Refused(id="0b6c2d1e-5a", code="bad-frame", sentence="Reload.", retry_after=5),
    frames.Banners(
        banners=(
            frames.BannerView(
                key="chat-1772611200",
                level="warning",
                title="The language model has not answered since 18:00.",
                text="Answers quote the best sentences of your documents instead.",
                dismissible=True,
            ),
        )
    ),
    frames.Pong(),
]


def as_json(frame):
    return json.loads(msgspec.json.encode(frame))


@pytest.mark.parametrize("frame", EXAMPLES, ids=lambda frame: type(frame).__name__)
def test_a_frame_is_its_golden_json(frame):
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert golden[type(frame).__name__] == as_json(frame)


def test_every_frame_has_a_golden_json_and_none_is_left_over():
    declared = {
        kind.__name__ for kind in (*get_args(frames.ClientFrame), *get_args(frames.ServerFrame))
    }
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert set(golden) == declared


@pytest.mark.parametrize("kind", get_args(frames.ClientFrame), ids=lambda kind: kind.__name__)
def test_the_server_reads_the_golden_frames_of_the_browser(kind):
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))[kind.__name__]
    frame = frames.decode(json.dumps(golden))
    assert as_json(frame) == golden


@pytest.mark.parametrize(
    "narrowed",
    [
        '"as_of": "yesterday"',
        '"as_of": "2025-02-30"',
        '"as_of": 7',
        '"languages": ["de"]',
        '"documents": ["x"]',
        '"sections": "Leave"',
    ],
)
def test_a_filter_that_cannot_be_is_refused_by_name(narrowed):
    name = narrowed.split('"')[1]
    with pytest.raises(msgspec.ValidationError, match=name):
        frames.decode(f'{{"type": "ask", "id": "0b6c2d1e-5a", "text": "How?", {narrowed}}}')


def test_an_unknown_field_is_refused_by_name():
    with pytest.raises(msgspec.ValidationError, match="surprise"):
        frames.decode('{"type": "ping", "surprise": 1}')
