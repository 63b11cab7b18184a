"""Words announced as names: by titles, labels, honorifics and columns, held against a slow reading and against examples."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.columns.headers import announces_people
from engine.detect.names import NameTier
from engine.detect.names.announced import named_by_column
from engine.detect.names.evidence import seen
from engine.detect.names.facts import ANNOUNCED
from engine.detect.names.tokens import WORD_SHAPES, tokens_of
from engine.detect.names.unspaced import cuts
from engine.detect.scanner import Scanner


def announced(text):
    """The words of a text that are announced as a name."""
    lexicon, block = NameTier.default().lexicon, Block(pa.array([text]))
    tokens = tokens_of(block, cuts(block, lexicon))
    facts = seen(tokens, block.buffer, lexicon).facts
    return [block.data[start:end].decode() for start, end, bits in zip(tokens.start, tokens.end, facts, strict=True)
            if bits >> ANNOUNCED & 1]


@pytest.mark.parametrize(("text", "words"), [
    ("Dr. House came by", ["House"]), ("Mrs Green", ["Green"]), ("Frau König rief an", ["König"]), ("FRAU KÖNIG", ["KÖNIG"]),
    ("Herr Dr. Stein", ["Stein"]), ("Frau von Stein", ["Stein"]), ("señora Blanco", ["Blanco"]), ("M. Petit", ["Petit"]),
    ("dhr. van den Berg", ["Berg"]), ("г-н Иванов", ["Иванов"]), ("г-жа Иванова", ["Иванова"]), ("κ. Παππάς", ["Παππάς"]),
    ("السيد العلي", ["العلي"]), ("Mr. King", ["King"]), ("dr. House", ["House"]),
    ("Mr. President", []), ("Mr. Speaker", []), ("Herr Bundeskanzler", []), ("Mr. and Mrs.", []), ("St. Louis", []),
    ("Dr. Strasse 12", []), ("12 Elm Dr Springfield", []), ("I miss London", []), ("MS Windows", []), ("5 ms Latency", []),
    ("Dear Sir or Madam, Please", []), ("Mr.\nHouse", []), ("i. m. House", []),
])
def test_titles_of_courtesy_announce(text, words):
    assert announced(text) == words


@pytest.mark.parametrize(("text", "words"), [
    ("Nom: DUPONT Prénom: Marie", ["DUPONT", "Marie"]), ("Nachname: Stein, Vorname: Anna", ["Stein", "Anna"]),
    ("Apellidos: GARCÍA LÓPEZ Nombre: José", ["GARCÍA", "LÓPEZ", "José"]),
    ("Last name: WHITE First name: John", ["WHITE", "John"]),
    ("Surname: White, Mary", ["White", "Mary"]), ("Name: White, Director", ["White"]), ("Patient name: Stone", ["Stone"]),
    ("Mother's name: White", ["White"]), ("Nom de famille : Petit", ["Petit"]), ("Name des Patienten: Fuchs", ["Fuchs"]),
    ("Achternaam: van der Berg", ["Berg"]), ("Фамилия: Петров", ["Петров"]), ("ชื่อ: สมชาย ใจดี", ["สมชาย", "ใจดี"]),
    ("氏名: 山田 太郎", ["山田", "太郎"]), ("姓名：王小明", ["王小明"]), ("Name: White\nStone", ["White"]),
    ("Name: Table", []), ("File name: White", []), ("the name: White", []), ("name: White", []), ("Surname: unknown", []),
    ("姓名：不明", []), ("Surname White", []), ("Nom: ", []),
])
def test_labels_announce(text, words):
    assert announced(text) == words


@pytest.mark.parametrize(("text", "words"), [
    ("GARCÍA, JOSÉ", ["GARCÍA", "JOSÉ"]), ("O'Brien, Pat", ["O", "Brien", "Pat"]), ("Smith, John Q.", ["Smith", "John", "Q"]),
    ("von Stein, Anna-Maria", ["von", "Stein", "Anna", "Maria"]), ("Berg, Anna", ["Berg", "Anna"]),
    ("Paris, Victoria", []), ("Berg, Anna, 12", []), ("we saw Berg, Anna", []), ("Cotton, Olive", []),
    ("berg, anna", []), (",", []),
])
def test_a_family_name_a_comma_and_a_given_name_announce_each_other(text, words):
    assert announced(text) == words


@pytest.mark.parametrize(("text", "words"), [
    ("山田太郎様", ["山田太郎"]), ("田中さんが来ました", ["田中"]), ("林さん", ["林"]),
    ("昨日、高橋先生に会った", ["高橋"]), ("神田川様へ", ["神田川"]), ("李先生你好", ["李"]), ("感谢李先生", ["李"]),
    ("请王小明先生来", ["王小明"]), ("王小明女士", ["王小明"]),
    ("김민수 씨", ["김민수"]), ("김민수씨가 왔다", ["김민수"]), ("박지영님", ["박지영"]),
    ("山田 太郎", ["山田", "太郎"]), ("佐藤明美", ["佐藤明美"]), ("김민수", ["김민수"]),
    ("同様の仕様書", []), ("お客様の生活様式", []), ("患者様と皆様", []), ("お母さんと看護師さん", []),
    ("氏名を記入", []), ("息子さん", []),
    ("女士们，先生们", []), ("向老师和先生问好", []), ("这位先生", []), ("文化，和平，高兴", []), ("金属加工", []),
    ("고객님과 선생님", []), ("글씨와 날씨", []), ("변호사님", []), ("하나님", []), ("씨앗", []), ("", []),
])
def test_honorifics_of_scripts_without_spaces_announce(text, words):
    assert announced(text) == words


def test_words_are_cut_at_honorifics_alone():
    block = Block(pa.array(["plain", "説明会に田中さんが来た", "様子", "李先生"]))
    places = cuts(block, NameTier.default().lexicon)
    pieces = [block.data[begin:end].decode() for begin, end in pairwise(places)]
    assert pieces[:2] == ["田中", "さん"]
    assert pieces[-2:] == ["李", "先生"]
    assert cuts(Block(pa.array(["plain", "señor"])), NameTier.default().lexicon).tolist() == []


TEXTS = st.lists(st.sampled_from(list("田中王李明様さん氏先生士们お、김민수씨님가 aé:\n")), max_size=12).map("".join)


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
@example(["王", "先生"])
@example(["", "様", "田中様"])
def test_cuts_of_a_value_depend_on_the_value_alone(texts):
    lexicon = NameTier.default().lexicon
    block = Block(pa.array(texts))
    single = [cuts(Block(pa.array([text])), lexicon) + start for text, start in zip(texts, block.starts.tolist(), strict=True)]
    assert cuts(block, lexicon).tolist() == [place for places in single for place in places.tolist()]


def slow_column(text, kinds):
    """Whether a value is a name in a column of names, told word by word."""
    marks = text.translate(str.maketrans("", "", ".,-'() ")).replace(" ", "")
    words = text.translate(str.maketrans(".,-'()", "      ")).split()
    if not marks.isalpha() or len(words) > 6 or any("no name" in kinds(word) for word in words):
        return False
    named = [{"given name", "family name"} & kinds(word) for word in words]
    everyday = [{"English word", "common word"} & kinds(word) and not name for word, name in zip(words, named, strict=True)]
    if any(plain and word.islower() and len(word) > 1 and not {"name particle", "title"} & kinds(word)
           for word, plain in zip(words, everyday, strict=True)):
        return False
    if any("org suffix" in kinds(word) and not name and "name particle" not in kinds(word)
           for word, name in zip(words, named, strict=True)):
        return False
    telling = [len(word) > 1 and not {"title", "honorific"} & kinds(word) for word in words]
    return any(tells and (len(words) == 1 or (not plain and "org noun" not in kinds(word)))
               for word, tells, plain in zip(words, telling, everyday, strict=True))


CELLS = st.lists(st.sampled_from(
    ["Smith", "house", "House", "unknown", "Not", "Applicable", "O'Brien", "Mr", "Jr", "van", "der", "Berg", "GmbH", "Bank", "12",
     "n/a", "J.", "X", "(Anna)", "Xqzt", "ann", "First", "denied", "Smith,"]), max_size=7).map(" ".join)


@settings(deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=6))
def test_cells_of_a_column_of_names(texts):
    lexicon, block = NameTier.default().lexicon, Block(pa.array(texts))
    tokens = tokens_of(block)
    classes = seen(tokens, block.buffer, lexicon).word // len(WORD_SHAPES) * tokens.word
    found = set(tokens.value[named_by_column(tokens, classes, lexicon)].tolist())
    known = {block.data[start:end].decode(): set(lexicon.kinds_of(lexicon.members[one]))
             for start, end, one in zip(tokens.start, tokens.end, classes, strict=True)}
    assert found == {place for place, text in enumerate(texts) if slow_column(text, lambda word: known[word])}


NAMES = ["Smith", "Nguyen", "O'Brien", "DUPONT", "mary ann", "müller", "de la Cruz", "Ford", "White", "House", "Li", "Xqzt",
         "Smith, John", "J. Smith", "Müller-Lüdenscheidt", "山田", "王小明", "김민수", "Иванов", "محمد"]
NO_NAMES = ["N/A", "n/a", "unknown", "Unknown", "12345", "AB-1234", "The patient was not available today", "-", "null", "none",
            "TBD", "X", "anonymous", "not provided", "Not Applicable", "Mr", "deceased", "unbekannt", "desconocido",
            "不明", "Smith Ltd", ""]


@pytest.mark.parametrize("header", ["last_name", "surname", "full_name", "patient", "employee", "Nachname", "apellido", "氏名",
                                    "성명", "ФИО"])
def test_columns_of_people_hold_names(header):
    rows = Scanner.default().find(pa.array([*NAMES, *NO_NAMES]), header=header).to_pylist()
    persons = [row for row in rows if row["entity_type"] == "PERSON"]
    assert [(row["row"], row["start"], row["end"]) for row in persons] == [(at, 0, len(name)) for at, name in enumerate(NAMES)]


def test_columns_that_announce_people():
    assert all(map(announces_people, ("last_name", "customer_name", "surname", "doctor", "prenom", "姓名", "имя")))
    assert not any(map(announces_people, ("name", "city", "product_name", "employee_id", "email", "username", "file_name")))


@pytest.mark.parametrize("name", ["Day", "Best", "Self", "Law", "Heart", "Pain", "March"])
@pytest.mark.parametrize("text", ["patient id P00153. Dr. {} saw Victoria.", "Seen by Dr. {} today.", "Dr. {} of Boston"])
def test_a_title_makes_a_name_of_any_word(text, name):
    written = text.format(name)
    rows = Scanner.default().find(pa.array([written])).to_pylist()
    assert name in {written[row["start"]:row["end"]] for row in rows if row["entity_type"] == "PERSON"}
