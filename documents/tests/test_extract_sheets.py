from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest

from documents.adapters.extractors.formats import CSV, ODS, XLSX
from documents.adapters.extractors.numbers import shown
from documents.adapters.extractors.tables import embedded_table_lines, table_lines
from documents.chunking import ChunkSettings, chunk_pages
from documents.errors import CorruptFile, EncryptedFile, NoText
from documents.tests import files
from documents.tests.extracting import pages_of, text_of

NOON = dt.datetime.fromisoformat("2024-05-01 12:00")


def saved(workbook: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def ods(*tables: str, styles: str = "", manifest: str = "") -> bytes:
    return files.ods("".join(tables), styles=styles, manifest=manifest)


def row(*cells: str, more: str = "") -> str:
    inside = "".join(
        one
        if one.startswith("<")
        else f"<table:table-cell><text:p>{one}</text:p></table:table-cell>"
        for one in cells
    )
    return f"<table:table-row {more}>{inside}</table:table-row>"


def sheet(name: str, *rows: str, more: str = "") -> str:
    return f'<table:table table:name="{name}" {more}>{"".join(rows)}</table:table>'


# --- rows ---------------------------------------------------------------------------------------


def test_a_passage_from_far_down_a_sheet_still_says_its_sheet_and_columns(tmp_path):
    rows = [["Agent", "Service", "Jours"], *([f"Agent {n}", "Voirie", n] for n in range(2_000))]
    pages = pages_of(tmp_path, files.xlsx(Congés=rows), XLSX)
    passages = list(chunk_pages(pages, ChunkSettings()))
    late = next(one for one in passages if "Agent 1500 " in one.text)
    assert "Agent: Agent 1500 | Service: Voirie | Jours: 1500" in late.text
    assert late.section == ("Congés",)


def test_a_header_of_years_names_its_columns():
    rows = [["Produit", "2023", "2024"], ["Eau", "12", "14"]]
    assert list(table_lines(rows))[1] == "Produit: Eau | 2023: 12 | 2024: 14"


def test_rows_of_numbers_alone_are_no_header():
    assert list(table_lines([["1", "2"], ["3", "4"]])) == ["1 | 2", "3 | 4"]


def test_a_column_without_a_name_keeps_its_values():
    rows = [["", "Food", "Calories"], ["Leaves", "Ash", "50"], ["", "", "7", "note"]]
    assert list(table_lines(rows))[1:] == [
        "Leaves | Food: Ash | Calories: 50",
        "Calories: 7 | note",
    ]


def test_titles_above_a_header_and_a_second_table_below_are_told_apart():
    rows = [
        ["Budget 2024"],
        ["Poste", "Montant"],
        ["Eau", "12"],
        [],
        ["Gaz", "13"],
        [],
        ["Nom", "Service", "Poste"],
        ["Ann", "Voirie", "12"],
        ["Bob", "Parcs", "14"],
    ]
    assert list(table_lines(rows)) == [
        "Budget 2024",
        "Poste | Montant",
        "Poste: Eau | Montant: 12",
        "Poste: Gaz | Montant: 13",
        "Nom | Service | Poste",
        "Nom: Ann | Service: Voirie | Poste: 12",
        "Nom: Bob | Service: Parcs | Poste: 14",
    ]


def test_a_header_apart_from_its_rows_by_an_empty_one_still_names_them():
    rows = [["Zone", "Ventes"], [], ["Nord", "12"], ["Sud", "13"], ["Est", "14"]]
    assert list(table_lines(rows))[1:3] == ["Zone: Nord | Ventes: 12", "Zone: Sud | Ventes: 13"]


def test_a_short_table_in_a_text_stands_as_it_is():
    assert list(embedded_table_lines([["a", "b"], ["", ""], ["c", "d"]])) == ["a | b", "c | d"]


# --- values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (1234.5, '#,##0.00 "€"', "1234.50 €"),
        (1234.5678, "0.00", "1234.57"),
        (5, "[$€-40C] #,##0.00", "5.00 €"),
        (0.125, "0.0%", "12.5 %"),
        (7, '0 "jours"', "7 jours"),
        (-5, "#,##0;[Red]-#,##0", "-5"),
        (2.0, "General", "2"),
        (3.25, "General", "3.25"),
        (1234567, "#,##0,", "1234567"),
        (0.5, "# ?/?", "0.5"),
        (True, "General", "TRUE"),
        (NOON.replace(hour=0), "dd/mm/yyyy", "2024-05-01"),
        (NOON.replace(hour=14, minute=30), "dd/mm/yyyy hh:mm", "2024-05-01 14:30"),
        (dt.time(8, 5), "hh:mm", "08:05"),
        (dt.timedelta(hours=26, minutes=30), "[h]:mm", "26:30"),
        ("texte", "@", "texte"),
    ],
)
def test_values_are_read_as_shown(value, number_format, expected):
    assert shown(value, number_format) == expected


# --- XLSX ---------------------------------------------------------------------------------------


def test_hidden_sheets_are_left_out(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "seen"
    hidden = workbook.create_sheet("Secret")
    hidden["A1"] = "unseen"
    hidden.sheet_state = "hidden"
    assert text_of(tmp_path, saved(workbook), XLSX) == "Sheet\nseen"


def test_a_merged_cell_holds_for_each_of_its_rows(tmp_path):
    workbook = openpyxl.Workbook()
    for values in (["Service", "Agent"], ["Voirie", "Ann"], ["", "Bob"], ["Parcs", "Eve"]):
        workbook.active.append(values)
    workbook.active.merge_cells("A2:A3")
    assert text_of(tmp_path, saved(workbook), XLSX).split("\n")[2:] == [
        "Service: Voirie | Agent: Ann",
        "Service: Voirie | Agent: Bob",
        "Service: Parcs | Agent: Eve",
    ]


def test_the_values_of_formulas_are_those_that_were_last_computed(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["Total", "=1+1"])
    content = files.replaced(
        saved(workbook), "xl/worksheets/sheet1.xml", "<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>"
    )
    assert text_of(tmp_path, content, XLSX) == "Sheet\nTotal | 2"


def test_a_cell_at_the_far_end_of_a_sheet_costs_nothing(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "first"
    workbook.active["XFD1048576"] = "last"
    lines = text_of(tmp_path, saved(workbook), XLSX).split("\n")
    assert [line.strip(" |") for line in lines] == ["Sheet", "first", "last"]
    assert sum(map(len, lines)) < 200


def test_a_workbook_of_empty_sheets_holds_no_text(tmp_path):
    with pytest.raises(NoText):
        pages_of(tmp_path, files.xlsx(Empty=[]), XLSX)


# --- ODS ----------------------------------------------------------------------------------------


def test_an_ods_has_a_page_per_sheet_with_its_cells_as_shown(tmp_path):
    amount = (
        '<table:table-cell office:value="0.5"><text:p>50,0 %</text:p>'
        "<office:annotation><text:p>note</text:p></office:annotation></table:table-cell>"
    )
    unshown = '<table:table-cell office:date-value="2024-05-01"/>'
    content = ods(
        sheet("Un", row("Nom", "Part", "Date"), row("Ann", amount, unshown)),
        sheet("Vide", row("<table:table-cell/>")),
        sheet("Deux", row("seul")),
    )
    first, second = pages_of(tmp_path, content, ODS)
    assert first.text == "Un\nNom | Part | Date\nNom: Ann | Part: 50,0 % | Date: 2024-05-01"
    assert (first.label, second.label, second.number) == ("Un", "Deux", 2)


def test_a_million_empty_rows_and_columns_of_an_ods_cost_nothing(tmp_path):
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    content = ods(
        sheet(
            "Un",
            row("a", empty),
            row(empty, more='table:number-rows-repeated="1048576"'),
            row("b", empty),
        )
    )
    assert text_of(tmp_path, content, ODS) == "Un\na\nb"


def test_cells_that_are_repeated_and_merged_keep_their_places(tmp_path):
    twice = (
        '<table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell>'
    )
    tall = (
        '<table:table-cell table:number-rows-spanned="2"><text:p>Voirie</text:p></table:table-cell>'
    )
    content = ods(
        sheet(
            "Un",
            row("Service", "A", "B"),
            row(tall, twice),
            row("<table:covered-table-cell/>", "<table:table-cell/>", "3"),
        )
    )
    assert text_of(tmp_path, content, ODS).split("\n")[2:] == [
        "Service: Voirie | A: x | B: x",
        "Service: Voirie | B: 3",
    ]


def test_hidden_sheets_of_an_ods_are_left_out(tmp_path):
    styles = (
        '<style:style style:name="ta2" style:family="table">'
        '<style:table-properties table:display="false"/></style:style>'
    )
    content = ods(
        sheet("Un", row("seen")),
        sheet("Secret", row("unseen"), more='table:style-name="ta2"'),
        styles=styles,
    )
    assert text_of(tmp_path, content, ODS) == "Un\nseen"


def test_a_damaged_and_an_encrypted_ods_are_refused(tmp_path):
    with pytest.raises(CorruptFile):
        pages_of(tmp_path, ods("<table:table>"), ODS)
    with pytest.raises(EncryptedFile):
        pages_of(tmp_path, ods("", manifest="<encryption-data/>"), ODS)


# --- CSV ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("sep=|\nNom|Ville\nAnn|Lyon\n", "Nom: Ann | Ville: Lyon"),
        ("Nom;Prix\nAnn;1,5\nBob;2,5\n", "Nom: Ann | Prix: 1,5"),
        ("1,5;2,5\n3,5;4,5\n", "3,5 | 4,5"),
        ('Nom,Note\nAnn,"deux\nlignes, ""ici"""\n', 'Nom: Ann | Note: deux lignes, "ici"'),
        ("Nom\tVille\r\nAnn\tLyon, Rhône\r\n", "Nom: Ann | Ville: Lyon, Rhône"),
    ],
)
def test_the_delimiter_of_a_csv_is_told_from_its_lines(tmp_path, content, expected):
    assert text_of(tmp_path, content.encode(), CSV).split("\n")[1] == expected


def test_a_quotation_mark_that_is_never_closed_does_not_swallow_the_rest(tmp_path):
    lines = ["Nom,Note", 'Ann,"ouvert', *(f"Agent {n},x" for n in range(300))]
    text = text_of(tmp_path, "\n".join(lines).encode(), CSV)
    assert "Nom: Agent 299 | Note: x" in text
