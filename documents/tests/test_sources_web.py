"""Pages and sitemaps: what is fetched, what is recognised, what is left alone."""

from __future__ import annotations

import gzip

import pytest
from django.utils import timezone

from documents.models import Document, DocumentVersion, Source, SourceEntry
from documents.sources import web
from documents.sources.gathering import gather
from documents.sources.services import add_source
from documents.tests.files import pdf
from documents.tests.web_server import Reply, web_site

Seen = SourceEntry.State
LEAVE = "<html><head><title>Leave &amp; rest</title></head><body><p>25 days of leave.</p></body>"


@pytest.fixture
def site(settings):
    with web_site() as found:
        settings.SOURCES_ALLOWED_HOSTS = [found.host]
        settings.SOURCES_DELAY_S = 0
        yield found


def look(erin, handbook, address: str, kind: str = "page") -> Source:
    source = Source.objects.filter(address=address).first()
    if source is None:
        source = add_source(by=erin, corpus=handbook, kind=kind, address=address)
    Source.objects.filter(pk=source.pk).update(state=Source.State.QUEUED)
    gather(source.pk)
    source.refresh_from_db()
    return source


def outcome(source: Source) -> tuple[str, str]:
    entry = source.entries.get()
    return entry.state, entry.error_code


def sitemap(*addresses: str, kind: str = "url", root: str = "urlset") -> bytes:
    inside = "".join(f"<{kind}><loc>{address}</loc></{kind}>" for address in addresses)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><{root} xmlns="{space}">{inside}</{root}>'.encode()


def test_a_page_is_taken_under_its_title(erin, handbook, site):
    address = site.page("/leave", LEAVE)
    source = look(erin, handbook, address)
    assert outcome(source) == (Seen.TAKEN, "")
    version = DocumentVersion.objects.get()
    assert (version.media_type, version.document.title) == ("text/html", "Leave & rest")
    assert version.document.source_path == address


def test_a_page_that_says_it_is_the_same_is_not_sent_again(erin, handbook, site):
    address = site.page("/leave", LEAVE, ETag='"one"')
    look(erin, handbook, address)
    assert outcome(look(erin, handbook, address)) == (Seen.KNOWN, "")
    assert site.asked[-1][1]["If-None-Match"] == '"one"'
    site.page("/leave", LEAVE.replace("25", "30"), ETag='"two"')
    assert outcome(look(erin, handbook, address)) == (Seen.TAKEN, "")
    assert Document.objects.get().versions.count() == 2


def test_a_page_without_validators_is_recognised_by_its_content(erin, handbook, site):
    address = site.page("/leave", LEAVE)
    look(erin, handbook, address)
    assert outcome(look(erin, handbook, address)) == (Seen.KNOWN, "")
    assert DocumentVersion.objects.count() == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_marked_and_unmarked_when_it_is_back(erin, handbook, site, status):
    address = site.page("/leave", LEAVE)
    look(erin, handbook, address)
    reply = site.replies["/leave"]
    site.replies["/leave"] = Reply(b"gone", status)
    assert outcome(look(erin, handbook, address)) == (Seen.VANISHED, "")
    assert Document.objects.get().vanished_at is not None
    site.replies["/leave"] = reply
    assert outcome(look(erin, handbook, address)) == (Seen.KNOWN, "")
    assert Document.objects.get().vanished_at is None


def test_a_page_that_never_was_is_refused_and_a_failing_one_does_not_vanish(erin, handbook, site):
    assert outcome(look(erin, handbook, f"{site.url}/no")) == (Seen.REFUSED, "source-http-status")
    address = site.page("/leave", LEAVE)
    look(erin, handbook, address)
    site.replies["/leave"] = Reply(b"oops", 500)
    assert outcome(look(erin, handbook, address)) == (Seen.REFUSED, "source-http-status")
    assert Document.objects.get().vanished_at is None


@pytest.mark.parametrize(
    ("path", "content", "media_type", "name"),
    [
        ("/download.php", pdf("Some words."), "application/pdf", "download.pdf"),
        ("/notes.md", "# Notes\n\nWords.", "text/markdown", "notes.md"),
        ("/plain", "Only some words.", "text/html", "plain.html"),
        ("/", LEAVE, "text/html", "Leave & rest.html"),
    ],
)
def test_the_type_is_told_by_the_content(erin, handbook, site, path, content, media_type, name):
    headers = {} if path != "/notes.md" else {"Content_Type": "text/markdown"}
    look(erin, handbook, site.page(path, content, **headers))
    version = DocumentVersion.objects.get()
    assert (version.media_type, version.file_name) == (media_type, name)


def test_what_cannot_be_read_is_refused(erin, handbook, site):
    address = site.page("/film.mp4", bytes(range(256)) * 40)
    assert outcome(look(erin, handbook, address)) == (Seen.REFUSED, "file-unknown-type")


def test_robots_are_heeded_under_our_own_name(erin, handbook, site, settings):
    settings.SOURCES_USER_AGENT = "Cassandre/1.0 (+https://www.example.org/bot)"
    site.replies["/robots.txt"] = Reply(b"User-agent: Cassandre\nDisallow: /private/*.html\n")
    shut = site.page("/private/leave.html", LEAVE)
    assert outcome(look(erin, handbook, shut)) == (Seen.REFUSED, "source-robots")
    assert "/private/leave.html" not in site.paths()
    assert outcome(look(erin, handbook, site.page("/leave.html", LEAVE))) == (Seen.TAKEN, "")
    assert site.asked[-1][1]["User-Agent"] == settings.SOURCES_USER_AGENT


def test_a_site_that_cannot_give_its_rules_is_left_alone(erin, handbook, site):
    site.replies["/robots.txt"] = Reply(b"", 503)
    address = site.page("/leave", LEAVE)
    assert outcome(look(erin, handbook, address)) == (Seen.REFUSED, "source-unreachable")
    assert site.paths() == ["/robots.txt"]


def test_robots_hold_where_a_redirect_leads(erin, handbook, site):
    site.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /private/\n")
    site.page("/private/leave", LEAVE)
    address = site.moved("/leave", "/private/leave")
    assert outcome(look(erin, handbook, address)) == (Seen.REFUSED, "source-robots")
    assert "/private/leave" not in site.paths()


def test_redirects_are_followed_to_an_end(erin, handbook, site):
    site.page("/here", LEAVE)
    address = site.moved("/there", "here")
    assert outcome(look(erin, handbook, address)) == (Seen.TAKEN, "")
    endless = site.moved("/endless", "/endless")
    assert outcome(look(erin, handbook, endless)) == (Seen.REFUSED, "source-redirects")
    assert site.paths().count("/endless") == web.MAX_REDIRECTS + 1


def test_the_pause_between_two_requests_is_kept(erin, handbook, site, settings, monkeypatch):
    settings.SOURCES_DELAY_S = 3
    waits: list[float] = []
    monkeypatch.setattr(web.Web, "_wait", lambda _web, seconds: waits.append(seconds))
    site.replies["/robots.txt"] = Reply(b"User-agent: *\nCrawl-delay: 7\n")
    pages = [site.page(f"/{n}", LEAVE.replace("25", str(n))) for n in range(3)]
    site.page("/map.xml", sitemap(*pages))
    look(erin, handbook, f"{site.url}/map.xml", "sitemap")
    # The map and three pages behind the rules, each in breaths of at most five seconds.
    assert len(waits) == 8
    assert all(wait <= 5 for wait in waits)
    assert 20 < sum(waits) <= 28


def test_a_body_that_is_too_large_is_cut_off(erin, handbook, site, settings):
    settings.MAX_UPLOAD_MB = 1
    plain = site.page("/plain", b"<html>" + b"words " * 200_000)
    assert outcome(look(erin, handbook, plain)) == (Seen.REFUSED, "file-too-large")
    packed = gzip.compress(b"<html>" + b"\0" * 50_000_000)
    bomb = site.page("/bomb", packed, Content_Encoding="gzip")
    assert outcome(look(erin, handbook, bomb)) == (Seen.REFUSED, "file-too-large")
    odd = site.page("/odd", b"\x1b\x00", Content_Encoding="br")
    assert outcome(look(erin, handbook, odd)) == (Seen.REFUSED, "source-unreachable")


def test_a_packed_body_is_unpacked(erin, handbook, site):
    address = site.page("/leave", gzip.compress(LEAVE.encode()), Content_Encoding="gzip")
    assert outcome(look(erin, handbook, address)) == (Seen.TAKEN, "")
    with DocumentVersion.objects.get().file.open() as stored:
        assert stored.read() == LEAVE.encode()


def test_a_sitemap_gives_the_pages_of_its_own_site(erin, handbook, site):
    pages = [site.page(f"/{n}", LEAVE.replace("25", str(n))) for n in range(2)]
    site.page("/map.xml", sitemap(*pages, "http://elsewhere.example.org/page", pages[0]))
    source = look(erin, handbook, f"{site.url}/map.xml", "sitemap")
    assert source.state == Source.State.IDLE
    assert dict(source.entries.values_list("path", "state")) == {
        pages[0]: Seen.TAKEN,
        pages[1]: Seen.TAKEN,
        "http://elsewhere.example.org/page": Seen.REFUSED,
    }
    site.page("/map.xml", sitemap(pages[1]))
    source = look(erin, handbook, f"{site.url}/map.xml", "sitemap")
    states = dict(source.entries.values_list("path", "state"))
    assert states == {pages[0]: Seen.VANISHED, pages[1]: Seen.KNOWN}


def test_an_index_of_packed_sitemaps_is_followed(erin, handbook, site):
    page = site.page("/leave", LEAVE)
    inner = site.page("/inner.xml.gz", gzip.compress(sitemap(page)))
    elsewhere = "http://elsewhere.example.org/map.xml"
    site.page("/map.xml", sitemap(inner, elsewhere, kind="sitemap", root="sitemapindex"))
    source = look(erin, handbook, f"{site.url}/map.xml", "sitemap")
    assert outcome(source) == (Seen.TAKEN, "")


def test_a_sitemap_that_fails_marks_nothing_as_vanished(erin, handbook, site):
    page = site.page("/leave", LEAVE)
    address = site.page("/map.xml", sitemap(page))
    look(erin, handbook, address, "sitemap")
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb">]><urlset><url><loc>&b;</loc></url>'
    for broken, code in ((b"no map", "source-not-a-sitemap"), (bomb, "source-not-a-sitemap")):
        site.page("/map.xml", broken)
        source = look(erin, handbook, address, "sitemap")
        assert (source.state, source.error_code) == ("failed", code)
    site.replies["/map.xml"] = Reply(b"", 404)
    source = look(erin, handbook, address, "sitemap")
    assert (source.state, source.error_code) == ("failed", "source-http-status")
    assert source.entries.get().state == Seen.TAKEN
    assert Document.objects.get().vanished_at is None


def test_a_sitemap_of_too_many_pages_takes_the_first_and_says_so(erin, handbook, site, settings):
    settings.SOURCES_MAX_FILES = 2
    pages = [site.page(f"/{n}", LEAVE.replace("25", str(n))) for n in range(4)]
    address = site.page("/map.xml", sitemap(*pages))
    source = look(erin, handbook, address, "sitemap")
    assert (source.state, source.error_code) == ("failed", "source-too-many-entries")
    assert source.entries.filter(state=Seen.TAKEN).count() == 2


def test_a_site_that_breaks_down_in_the_middle_is_left_alone(erin, handbook, site):
    pages = [site.page(f"/{n}", LEAVE.replace("25", str(n))) for n in range(12)]
    for path in list(site.replies)[2:]:
        site.replies[path] = Reply(b"busy", 503)
    address = site.page("/map.xml", sitemap(*pages))
    source = look(erin, handbook, address, "sitemap")
    assert (source.state, source.error_code) == ("failed", "source-unreachable")
    assert source.entries.filter(state=Seen.TAKEN).count() == 2
    assert len([path for path in site.paths() if path in site.replies]) < 12


def test_a_page_that_failed_once_is_the_same_afterwards(erin, handbook, site):
    address = site.page("/leave", LEAVE, ETag='"one"')
    look(erin, handbook, address)
    Document.objects.update(deleted_at=timezone.now())
    reply = site.replies["/leave"]
    site.replies["/leave"] = Reply(b"oops", 500)
    look(erin, handbook, address)
    site.replies["/leave"] = reply
    assert outcome(look(erin, handbook, address)) == (Seen.KNOWN, "")
    assert Document.objects.count() == 1  # what a curator has deleted stays deleted
