from __future__ import annotations

import pytest

from documents.adapters.extractors.formats import HTML
from documents.tests.extracting import pages_of, text_of


@pytest.fixture
def read(tmp_path):
    return lambda html: text_of(tmp_path, html.encode(), HTML)


def test_only_the_main_text_of_a_page_is_read(read):
    text = read(
        "<body><header><a href=/>Accueil</a></header><nav>Menu</nav>"
        "<main><h1>Congés</h1><p>Vingt-cinq jours par an, à prendre avant mai.</p></main>"
        "<aside>Voir aussi</aside><footer>Mentions légales</footer></body>"
    )
    assert text == "Congés\n\nVingt-cinq jours par an, à prendre avant mai."


def test_a_main_element_of_little_text_is_not_taken_for_the_page(read):
    text = read(f"<body><main>Bref</main><p>{'Un long texte à côté. ' * 20}</p></body>")
    assert text.startswith("Bref")
    assert "à côté" in text


def test_banners_of_consent_and_the_foot_of_a_site_are_left_out_and_text_about_cookies_is_not(read):
    text = read(
        '<body><div id="cookie-banner">Accepter tout</div><div role="navigation">Menu</div>'
        '<article><p class="cookies">Les cookies sont des fichiers.</p>'
        "<footer>Note de l’article</footer></article><footer>Plan du site</footer></body>"
    )
    assert text == "Les cookies sont des fichiers.\n\nNote de l’article"


def test_lists_keep_their_numbers_and_depth(read):
    text = read(
        "<ol start=3><li>trois<ul><li>point</li></ul></li><li>quatre</li></ol>"
        "<ol type=a><li>un</li><li value=5>cinq</li></ol>"
    )
    assert text == "3. trois\n  - point\n4. quatre\na. un\ne. cinq"


def test_cells_that_span_others_are_read_once_and_keep_the_columns(read):
    text = read(
        "<table><caption>Barème</caption><tr><th colspan=2>A</th><th>B</th></tr>"
        "<tr><td rowspan=2>1</td><td>2</td><td>3</td></tr><tr><td>4</td><td>5</td></tr></table>"
    )
    assert text == "Barème\nA |  | B\n1 | 2 | 3\n | 4 | 5"


def test_a_long_table_says_its_columns_in_each_row(read):
    rows = "".join(f"<tr><td>Poste {n} du budget</td><td>{n} €</td></tr>" for n in range(80))
    text = read(f"<table><tr><th>Poste</th><th>Montant</th></tr>{rows}</table>")
    assert "Poste: Poste 70 du budget | Montant: 70 €" in text


def test_a_table_that_only_places_text_is_read_as_text(read):
    text = read(
        "<table><tr><td><p>Bonjour,</p><p>à demain.</p></td></tr></table>"
        "<table><tr><td>Gauche</td><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>"
    )
    assert text == "Bonjour,\n\nà demain.\n\nGauche\na | b"


def test_what_is_hidden_is_not_read(read):
    assert read("<p>vu<span hidden>a</span><b style='visibility: hidden'>b</b></p>") == "vu"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("iso-8859-1", "utf-8"),
        ("utf-16", "utf-8"),
        ("iso-8859-1", "cp1252"),
        ("shift_jis", "utf-8"),
        ("unicode_escape", "utf-8"),
    ],
)
def test_a_page_that_declares_another_encoding_than_its_own_is_read(tmp_path, declared, encoding):
    page = f"<meta charset={declared}><p>Dès l’été : « œuvre » à 12 €</p>"
    assert text_of(tmp_path, page.encode(encoding), HTML) == "Dès l’été : « œuvre » à 12 €"


def test_a_declared_encoding_that_cannot_be_told_is_believed(tmp_path):
    page = "<meta charset=iso-2022-jp><p>名前</p>"
    assert text_of(tmp_path, page.encode("iso-2022-jp"), HTML) == "名前"


def test_headings_make_the_sections_of_a_long_page(tmp_path):
    body = "".join(f"<h2>Partie {n}</h2><p>{'Texte. ' * 50}</p>" for n in range(5))
    pages = pages_of(tmp_path, f"<h1>Guide</h1>{body}".encode(), HTML)
    assert [page.label for page in pages] == ["Guide", *(f"Partie {n}" for n in range(1, 5))]


def test_a_title_that_the_first_line_repeats_is_read_once(read):
    text = read("<title>Note  de service</title><p>Note de service</p><p>Texte</p>")
    assert text == "Note de service\n\nTexte"
