from __future__ import annotations

from django import forms
from django.template import engines
from django.test import RequestFactory


class Form(forms.Form):
    name = forms.CharField(help_text="As on the door.")
    language = forms.ChoiceField(choices=[("fr", "French"), ("en", "English")])
    visibility = forms.ChoiceField(choices=[("all", "All")], widget=forms.RadioSelect)
    prevent = forms.BooleanField(required=False)


def render(source, context=None, request=None):
    return engines["django"].from_string(source).render(context or {}, request)


def test_an_icon_is_hidden_from_screen_readers():
    html = render('{% icon "search" "size-5" %}')
    assert 'aria-hidden="true"' in html
    assert 'class="size-5 shrink-0"' in html
    assert "<circle" in html


def test_a_citation_pill_stands_close_to_its_word():
    html = render('x{% cite 3 "/documents/a/?page=7" "Guide, p. 7" %}.')
    assert html.startswith('x<a class="cite" href="/documents/a/?page=7" data-cite="3"')
    assert 'aria-label="Source 3: Guide, p. 7"' in html


def test_a_citation_escapes_the_title_of_a_document():
    assert "<b>" not in render('{% cite 1 "/" title %}', {"title": "<b>x</b>"})


def test_the_chosen_theme_is_there_at_the_first_paint():
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = "cassandre-dark"
    html = render("<html{% theme_attribute %}>", request=request)
    assert html == '<html data-theme="cassandre-dark">'


def test_a_theme_that_does_not_exist_is_the_systems():
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = '"><script>'
    assert render("<html{% theme_attribute %}>", request=request) == "<html>"
    assert render("{% theme_choice %}") == "system"


def test_the_rail_knows_its_place_by_the_address_or_by_the_view():
    tag = "{% rail_section %}"
    for path, section in {
        "/chat/x/": "chat",
        "/admin/": "admin",
        "/documents/a/": "search",
    }.items():
        assert render(tag, request=RequestFactory().get(path)) == section
    assert render(tag, {"section": "chat"}, RequestFactory().get("/documents/a/")) == "chat"


def test_a_refused_field_says_so_and_is_described_by_its_errors():
    form = Form({"name": ""})
    html = render(
        '{% include "theme/parts/field.html" with field=form.name only %}', {"form": form}
    )
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert "input-error" in html


def test_the_row_layout_keeps_label_help_and_errors_joined_to_the_control():
    source = '{% include "theme/parts/field.html" with field=form.name layout="row" only %}'
    html = render(source, {"form": Form({"name": ""})})
    assert html.count('id="id_name_helptext"') == 1
    assert html.count('id="id_name_error"') == 1
    assert 'for="id_name"' in html


def test_radio_buttons_make_a_group_with_a_legend():
    source = '{% include "theme/parts/field.html" with field=form.visibility label="Who" only %}'
    html = render(source, {"form": Form()})
    assert "<legend" in html
    assert 'type="radio"' in html
    assert 'for="id_visibility_0"' in html


def test_the_summary_of_errors_leads_to_each_field():
    source = '{% include "theme/parts/form_errors.html" with form=form only %}'
    html = render(source, {"form": Form({"language": "fr", "visibility": "all"})})
    assert 'href="#id_name"' in html
    assert "One thing to correct" in html
    assert render(source, {"form": Form()}).strip() == ""


def test_the_steps_of_a_file_say_a_sentence():
    source = '{% include "theme/parts/steps.html" with done=1 percent=37.4 text=text only %}'
    html = render(source, {"text": "Extraction, page 28 of 80"})
    assert 'aria-valuetext="Extraction, page 28 of 80"' in html
    assert html.count('data-s="done"') == 1
    assert 'data-s="now" data-p="35"' in html
    assert html.count("<i") == 5


def test_a_confirmation_asks_for_the_word():
    source = (
        '{% include "theme/parts/confirm.html" with id="del" title="Delete?" text="Gone."'
        ' action="Delete" url="/x/" word="delete" csrf_token=csrf_token only %}'
    )
    html = render(source, request=RequestFactory().get("/"))
    assert 'data-confirm-word="delete"' in html
    assert "csrfmiddlewaretoken" in html
