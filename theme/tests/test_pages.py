from __future__ import annotations

import pytest
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from theme.views import server_error

CODES = [400, 403, 404, 413, 429, 500, 503]


@pytest.mark.parametrize("code", CODES)
def test_an_error_page_needs_no_context(code):
    html = get_template(f"{code}.html").render()
    assert f">{code}<" in html
    assert "<h1" in html
    assert 'id="main"' in html


@pytest.mark.parametrize("code", CODES)
def test_an_error_page_quotes_the_requests_id(code):
    request = RequestFactory().get("/")
    request.request_id = "8f3a21c7"
    assert "8f3a21c7" in render_to_string(f"{code}.html", {"frame": {}}, request)


def test_the_page_of_last_resort_quotes_the_id_and_keeps_the_theme():
    request = RequestFactory().get("/")
    request.request_id = "8f3a21c7"
    request.COOKIES["theme"] = "cassandre-dark"
    response = server_error(request)
    assert response.status_code == 500
    assert b"8f3a21c7" in response.content
    assert b'data-theme="cassandre-dark"' in response.content


def test_an_error_page_says_the_errors_own_sentence():
    html = render_to_string("403.html", {"sentence": "This corpus is closed."})
    assert "This corpus is closed." in html


@pytest.mark.django_db
def test_the_sign_in_page_has_one_button_and_no_way_to_sign_up(client):
    html = client.get("/account/login/").content.decode()
    assert html.count("btn-primary") == 1
    assert "signup" not in html
    assert 'name="remember"' in html
    assert 'autocomplete="current-password"' in html


@pytest.mark.django_db
def test_a_refused_sign_in_says_so_without_telling_which_part_was_wrong(client):
    data = {"login": "nobody@example.org", "password": "wrong"}
    html = client.post("/account/login/", data).content.decode()
    assert 'role="alert"' in html
    assert "nobody@example.org" in html


@pytest.mark.django_db
def test_a_page_loads_scripts_and_styles_from_ourselves_only(client):
    html = client.get("/account/login/").content.decode()
    assert 'src="/static/theme/js/page.js"' in html
    assert "https://" not in html
