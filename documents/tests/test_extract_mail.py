"""Mails of both formats: what is read of them, and which files come out of them."""

from __future__ import annotations

from email.message import EmailMessage
from typing import cast

import pytest

from documents.adapters.extractors import get_extractor
from documents.adapters.extractors import msg as msg_extractor
from documents.adapters.extractors.formats import EML, MSG
from documents.adapters.extractors.letters import Enclosed, names_of
from documents.adapters.sandbox import ExtractionRequest, extract_in_child
from documents.errors import CorruptFile, EncryptedFile
from documents.ports import Carrier, ExtractionLimits, Heading
from documents.tests.extracting import pages_of, text_of
from documents.tests.files import eml, png
from documents.tests.msg_writer import File, Inside, message, msg


def attachments_of(folder, content: bytes, media_type: str = EML) -> dict[str, bytes]:
    path = folder / "file"
    path.write_bytes(content)
    carrier = cast("Carrier", get_extractor(media_type))
    found = carrier.attachments(path, ExtractionLimits())
    return {one.name: one.content() for one in found}


def multipart(kind: str, *parts: bytes, head: str = "") -> bytes:
    body = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return f"{head}Content-Type: multipart/{kind}; boundary=b\n\n".encode() + body + b"--b--\n"


# --- the text ---------------------------------------------------------------------------------


def test_an_email_is_its_subject_its_head_its_body_and_the_names_of_what_is_attached(tmp_path):
    content = eml("Bonjour à tous", subject="Réunion", attachments={"plan.pdf": b"%PDF-"})
    (page,) = pages_of(tmp_path, content, EML)
    assert page.text == (
        "Réunion\nFrom: Alice <alice@example.org>\nTo: bob@example.org\n"
        "Date: Fri, 20 Nov 2026 12:00:00 +0100\n\nBonjour à tous\n\nAttachments: plan.pdf"
    )
    assert page.label == "Réunion"
    assert page.headings == (Heading(1, "Réunion", 0),)


def test_encoded_words_are_read_as_words(tmp_path):
    head = (
        b"Subject: =?utf-8?q?R=C3=A9union?= =?iso-8859-1?b?IOkt?=\n  =?utf-8?b?w6k=?=\n"
        b"From: =?utf-8?q?Chlo=C3=A9?= <chloe@example.org>\n\nbody"
    )
    text = text_of(tmp_path, head, EML)
    assert "From: Chloé <chloe@example.org>" in text
    assert text.startswith("Réunion é-é")


def test_the_plain_body_of_an_email_is_preferred(tmp_path):
    text = text_of(tmp_path, eml("plain words", html="<p>html words</p>"), EML)
    assert "plain words" in text
    assert "html words" not in text


def test_an_empty_plain_alternative_gives_way_to_the_html(tmp_path):
    content = multipart(
        "alternative",
        b"Content-Type: text/plain\n\n   \n",
        b"Content-Type: text/html\n\n<p>html words</p>",
    )
    assert "html words" in text_of(tmp_path, content, EML)


def test_an_email_of_html_alone_is_read_as_text(tmp_path):
    text = text_of(tmp_path, eml("", html="<style>x</style><p>Bonjour <b>Bob</b></p>"), EML)
    assert text.endswith("\n\nBonjour Bob")


def test_the_text_before_and_after_an_attachment_is_read(tmp_path):
    content = multipart(
        "mixed",
        b"Content-Type: text/plain\n\nbefore",
        b"Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\nx",
        b"Content-Type: text/plain\n\nafter",
    )
    assert text_of(tmp_path, content, EML) == "before\n\nafter\n\nAttachments: a.pdf"


def test_an_email_with_malformed_head_and_unknown_charset_is_read(tmp_path):
    content = (
        b"From: =?utf-8?q?broken <a@\nTo: <<>>\nSubject: =?nonsense?q?x?=\n"
        b'Content-Type: text/plain; charset="x-unknown"\n\nbody \xe9t\xe9'
    )
    assert text_of(tmp_path, content, EML).endswith("body été")


@pytest.mark.parametrize("charset", ["utf-8", "us-ascii", "iso-8859-1", "\x00", "utf-8''x"])
def test_a_charset_that_is_wrong_does_not_spoil_the_text(tmp_path, charset):
    head = f'Subject: x\nContent-Type: text/plain; charset="{charset}"\n\n'.encode()
    assert text_of(tmp_path, head + "déjà vu".encode("cp1252"), EML).endswith("déjà vu")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB",
        multipart("encrypted", b"Content-Type: application/pgp-encrypted\n\nVersion: 1"),
    ],
)
def test_an_encrypted_mail_is_refused_as_such(tmp_path, head):
    with pytest.raises(EncryptedFile):
        pages_of(tmp_path, b"Subject: secret\n" + head, EML)


# --- what is attached -------------------------------------------------------------------------


def test_attachments_come_out_byte_by_byte_under_safe_names_each_once(tmp_path):
    names = ["plan.pdf", "../../etc/passwd", "C:\\tmp\\plan.pdf", "été\n.pdf", "..", "sans suffixe"]
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content("see")
    for number, name in enumerate(names):
        message.add_attachment(
            bytes([number]), maintype="application", subtype="pdf", filename=name
        )
    assert attachments_of(tmp_path, message.as_bytes()) == {
        "plan.pdf": b"\0",
        "passwd.pdf": b"\1",
        "plan (2).pdf": b"\2",
        "été.pdf": b"\3",
        "attachment-5.pdf": b"\4",
        "sans suffixe.pdf": b"\5",
    }


def test_thousands_of_files_of_one_name_get_names_of_their_own():
    names = names_of([Enclosed("a.txt", "text/plain", bytes)] * 20_000)
    assert names[:3] == ["a.txt", "a (2).txt", "a (3).txt"]
    assert len(set(names)) == 20_000
    mixed = [Enclosed(name, "text/plain", bytes) for name in ("a (2).txt", "a.txt", "A.txt")]
    assert names_of(mixed) == ["a (2).txt", "a.txt", "A (3).txt"]


def test_parts_in_parts_without_end_are_damage_and_no_crash(tmp_path):
    heads = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)
    )
    request = ExtractionRequest(tmp_path / "deep", "deep.eml", EML, ExtractionLimits(), 60, 1_024)
    request.path.write_bytes(b"Subject: deep\n" + heads + b"\nend")
    with pytest.raises(CorruptFile):
        list(extract_in_child(request, lambda count: None))


def test_a_long_name_keeps_its_suffix(tmp_path):
    (name,) = attachments_of(tmp_path, eml("see", attachments={"x" * 400 + ".docx": b"PK"}))
    assert len(name) == 120
    assert name.endswith("x.docx")


def test_a_forwarded_mail_comes_out_whole_with_its_own_attachment(tmp_path):
    inner = EmailMessage()
    inner["Subject"] = "Devis"
    inner.set_content("ci-joint")
    inner.add_attachment(b"PK", maintype="application", subtype="zip", filename="devis.zip")
    outer = EmailMessage()
    outer["Subject"] = "Fwd: Devis"
    outer.set_content("voir plus bas")
    outer.add_attachment(inner)
    content = outer.as_bytes()
    assert "ci-joint" not in text_of(tmp_path, content, EML)
    (forwarded,) = attachments_of(tmp_path, content).values()
    assert list(attachments_of(tmp_path, content)) == ["Devis.eml"]
    assert "ci-joint" in text_of(tmp_path, forwarded, EML)
    assert attachments_of(tmp_path, forwarded) == {"devis.zip": b"PK"}


def test_logos_and_signatures_are_not_taken_but_an_attached_photo_is(tmp_path):
    shown = EmailMessage()
    shown["Subject"] = "x"
    shown.set_content('<p>hello <img src="cid:logo@x"></p>', subtype="html")
    for name, disposition, cid in (
        ("logo.png", "attachment", "<logo@x>"),
        ("smiley.png", "inline", None),
        ("scan.png", "attachment", None),
    ):
        shown.add_attachment(
            png(), maintype="image", subtype="png", filename=name, disposition=disposition, cid=cid
        )
    shown.add_attachment(b"sig", maintype="application", subtype="pkcs7-signature", filename="s")
    assert list(attachments_of(tmp_path, shown.as_bytes())) == ["scan.png"]


def test_what_is_attached_beside_an_alternative_is_not_lost(tmp_path):
    pdf = b"Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\nx"
    mixed = multipart("mixed", b"Content-Type: text/html\n\n<p>html</p>", pdf)
    mixed = mixed.replace(b"boundary=b", b"boundary=c").replace(b"--b", b"--c")
    content = multipart("alternative", b"Content-Type: text/plain\n\nplain", mixed)
    assert attachments_of(tmp_path, content) == {"a.pdf": b"x"}
    assert text_of(tmp_path, content, EML) == "plain\n\nAttachments: a.pdf"


# --- Outlook ----------------------------------------------------------------------------------


def test_an_outlook_message_is_read_like_any_mail(tmp_path):
    content = msg("Réunion", "Bonjour à tous", attached=[File("plan.pdf", b"%PDF-")])
    (page,) = pages_of(tmp_path, content, MSG)
    assert page.text == (
        "Réunion\nFrom: Alice <alice@example.org>\nTo: Bob\n"
        "Date: Fri, 20 Nov 2026 11:00:00 +0000\n\nBonjour à tous\n\nAttachments: plan.pdf"
    )
    assert page.headings == (Heading(1, "Réunion", 0),)
    assert attachments_of(tmp_path, content, MSG) == {"plan.pdf": b"%PDF-"}


def test_an_outlook_message_of_html_alone_is_read_as_text(tmp_path):
    text = text_of(tmp_path, msg("x", html="<p>déjà vu</p>".encode()), MSG)
    assert text.endswith("\n\ndéjà vu")


def test_an_outlook_message_of_rtf_alone_is_read_as_text(tmp_path):
    rtf = rb"{\rtf1\ansi\ansicpg1252 Bonjour \'e0 tous,\par voici le plan.}"
    assert text_of(tmp_path, msg("x", rtf=rtf), MSG).endswith("Bonjour à tous,\nvoici le plan.")


def test_a_message_inside_a_message_comes_out_as_a_mail_always_with_the_same_bytes(tmp_path):
    inner = message("Devis", "ci-joint", attached=[File("devis.zip", b"PK")], header_bytes=24)
    content = msg("Fwd", "voir", attached=[Inside("Devis", inner)])
    (forwarded,) = attachments_of(tmp_path, content, MSG).values()
    assert attachments_of(tmp_path, content, MSG) == {"Devis.eml": forwarded}
    text = text_of(tmp_path, forwarded, EML)
    assert text.startswith("Devis\nFrom: Alice <alice@example.org>\nTo: Bob\nDate: Fri, 20 Nov")
    assert "ci-joint" in text
    assert attachments_of(tmp_path, forwarded) == {"devis.zip": b"PK"}


def test_the_images_inside_an_outlook_message_are_not_taken(tmp_path):
    logo = File("logo.png", png(), "image/png", content_id="logo@x")
    scan = File("scan.png", png(), "image/png")
    content = msg("x", html=b'<p>a<img src="cid:logo@x"></p>', attached=[logo, scan])
    assert list(attachments_of(tmp_path, content, MSG)) == ["scan.png"]


def test_a_message_cut_in_half_is_damaged(tmp_path):
    content = msg("Réunion", "Bonjour " * 2_000)
    with pytest.raises(CorruptFile):
        pages_of(tmp_path, content[: len(content) // 8], MSG)


def test_what_a_message_does_not_hold_is_left_out_but_want_of_memory_is_told():
    def broken():
        raise LookupError

    def exhausted():
        raise MemoryError

    assert msg_extractor._safely(broken, "nobody") == "nobody"
    with pytest.raises(MemoryError):
        msg_extractor._safely(exhausted, "nobody")
