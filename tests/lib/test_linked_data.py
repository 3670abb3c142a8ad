"""hypertext and linked_data: what a page's text says, whatever stands in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.hypertext import attributes, hypertext, plain, tags
from livinglytics.lib.linked_data import LinkedData, each, is_reference, kinds, linked_data, name, text, things


def block(inside: Any, kind: str = "application/ld+json") -> str:
    return f'<script type="{kind}">{inside if isinstance(inside, str) else json.dumps(inside)}</script>'


# -- a page in its parts -----------------------------------------------------------------


def test_scripts_styles_and_comments_are_taken_out_of_the_markup() -> None:
    page = '<p>a</p><!-- <a rel=next> --><SCRIPT src=x>"<b>"</SCRIPT >b<style>i{}</style><!-->c'
    found = hypertext(page)
    assert found.markup == "<p>a</p>bc"
    assert [(one.attributes, one.text) for one in found.scripts] == [({"src": "x"}, '"<b>"')]


@pytest.mark.parametrize("page", ["a<script>b", "a<!-- b", "a<style>b", "a<script src='x"])
def test_what_is_never_closed_reaches_to_the_end(page: str) -> None:
    assert hypertext(page).markup == "a"


def test_a_tag_that_only_begins_like_a_script_is_none() -> None:
    assert hypertext("<scripture>a</scripture>").markup == "<scripture>a</scripture>"


def test_attributes_are_read_with_and_without_quotes_and_the_first_counts() -> None:
    found = attributes(""" HREF='/a?b=1&amp;c=2' rel="next  prev" data-x=1 async title="a > b" href=/second""")
    assert found == {"href": "/a?b=1&c=2", "rel": "next  prev", "data-x": "1", "async": "", "title": "a > b"}


def test_tags_are_found_by_name_also_with_angle_brackets_in_quotes() -> None:
    markup = "<article><a title='Older > all' href=/1>x</a><A href=\"/2\"><abbr href=/3><link href='/4'/>"
    assert [has["href"] for _, has in tags(markup, "a", "link")] == ["/1", "/2", "/4"]


# -- text as a person sees it ------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "seen"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("It&#39;s &quot;good&quot;&nbsp;&euro;5", 'It\'s "good" €5'),
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("<p class='x'>one</p><p>two</p>", "one\n\ntwo"),
        ("<b>very</b> <a href='https://e.example/?a=1'>good</a>", "very good"),
        ("&lt;p&gt;twice &amp;amp; escaped&lt;/p&gt;", "twice & escaped"),
        ("5 < 6 and a <b and c> d", "5 < 6 and a <b and c> d"),
        ("I <3 it, &lt;3", "I <3 it, <3"),
        ("if (a<b) x>y", "if (a<b) x>y"),
        ("x<script>alert(1)</script>y<!-- z -->", "xy"),
        ("AT&T &copy2020 &nosuchname; &", "AT&T &copy2020 &nosuchname; &"),
        ("a\x00b \ud83d c \r\n\n\n\n d", "ab c\n\nd"),
        ("素晴らしい 👩‍👩‍👧 مرحبا", "素晴らしい 👩‍👩‍👧 مرحبا"),
        ("", ""),
    ],
)
def test_tags_go_entities_are_resolved_and_peoples_own_signs_stay(marked: str, seen: str) -> None:
    assert plain(marked) == seen


# -- blocks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ({"@type": "A"}, ["A"]),
        ([{"@type": "A"}, {"@type": "B"}], ["A", "B"]),
        ({"@context": "x", "@graph": [{"@type": "A"}, {"@type": "B"}]}, ["A", "B"]),
        ({"@type": "A", "@graph": [{"@type": "B"}]}, ["A", "B"]),
        ([[{"@graph": {"@type": "A"}}]], ["A"]),
        ('<!--\n{"@type": "A"}\n-->', ["A"]),
        ('//<![CDATA[\n{"@type": "A"};\n//]]>', ["A"]),
        ('{"@type": "A", "text": "line\nbreak\there"}', ["A"]),
        ("{&quot;@type&quot;: &quot;A&quot;}", ["A"]),
        ('{"@type": "A", "n": NaN}', ["A"]),
        ("", []),
        ('"text"', []),
        ("7", []),
        ("null", []),
        ({}, []),
    ],
)
def test_every_way_of_writing_a_block_is_read(inside: Any, expected: list[str]) -> None:
    found = linked_data(block(inside))
    assert [next(iter(kinds(one))) for one in found.objects] == expected
    assert found.problems == ()


@pytest.mark.parametrize(
    "kind",
    ["application/ld+json", "Application/LD+JSON", " application/ld+json; charset=utf-8", "application/ld+json;"],
)
def test_the_type_of_a_block_is_read_as_browsers_do(kind: str) -> None:
    assert linked_data(block({"@type": "A"}, kind)).objects


@pytest.mark.parametrize("kind", ["application/json", "text/javascript", "", "application/ld+jsonx"])
def test_other_scripts_are_not_read(kind: str) -> None:
    assert linked_data(block({"@type": "A"}, kind)) == LinkedData(())


@pytest.mark.parametrize(
    "broken", ['{"@type": "A"', '{"a": 1,}', "{'a': 1}", "<html>", "[" * 100_000, '{"a": ' + "9" * 5_000 + "}"]
)
def test_a_broken_block_is_told_and_the_others_are_read(broken: str) -> None:
    found = linked_data(block({"@type": "A"}) + block(broken) + block({"@type": "B"}))
    assert [sorted(kinds(one)) for one in found.objects] == [["A"], ["B"]]
    (problem,) = found.problems
    assert problem.startswith("JSON-LD block 2 of 3 cannot be read: ")
    assert len(problem) < 150


def test_a_block_in_a_comment_is_not_there() -> None:
    assert linked_data(f"<!-- {block({'@type': 'A'})} -->").objects == ()


# -- what is in the objects --------------------------------------------------------------


def test_every_object_is_visited_in_order_with_where_it_stands() -> None:
    found = linked_data(block({"@type": "P", "review": [{"@type": "R1"}, {"@list": [{"@type": "R2", "a": {"b": 1}}]}]}))
    seen = [(node.via, node.parent.via if node.parent else None, *kinds(node.thing)) for node in found.nodes()]
    assert seen == [("", None, "P"), ("review", "", "R1"), ("review", "", "R2"), ("a", "review")]


def test_an_object_named_by_its_id_is_found_wherever_it_stands() -> None:
    graph = {"@graph": [{"@type": "P", "brand": {"@id": "#b", "name": "B"}}, {"@type": "R", "about": {"@id": "#b"}}]}
    found = linked_data(block(graph))
    assert found.resolve(found.objects[1]["about"])["name"] == "B"
    assert found.resolve({"@id": "#nowhere"}) == {"@id": "#nowhere"}
    assert found.resolve("text") == found.resolve(None) == {}


def test_objects_that_name_each_other_end() -> None:
    found = linked_data(block([{"@id": "a", "x": {"@id": "b"}}, {"@id": "b", "x": {"@id": "a"}}]))
    assert len(list(found.nodes())) == 4


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", ["a"]),
        (["a", ["b", None]], ["a", "b"]),
        ({"@list": ["a", {"@set": "b"}]}, ["a", "b"]),
        (None, []),
        ([], []),
        ({"x": 1}, [{"x": 1}]),
        (0, [0]),
    ],
)
def test_a_property_has_none_one_or_many_values(value: Any, expected: list[Any]) -> None:
    assert each(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" a ", "a"),
        (4.5, "4.5"),
        (7, "7"),
        (True, ""),
        ({"@value": "a", "@language": "de"}, "a"),
        (["", None, "b"], "b"),
        ({"name": "x"}, ""),
        (None, ""),
    ],
)
def test_a_text_is_found_in_every_form(value: Any, expected: str) -> None:
    assert text(value) == expected


def test_a_name_may_stand_in_an_object() -> None:
    assert name({"@type": "Person", "name": {"@value": "Ada"}}) == name([{"x": 1}, {"name": "Ada"}]) == "Ada"
    assert name({"name": {"name": "Ada"}}) == name(5.5j) == ""
    assert things(["a", {"b": 1}]) == [{"b": 1}]
    assert is_reference({"@id": "a", "@type": "B"})
    assert not is_reference({"@id": "a", "name": "b"})
    assert kinds({"@type": ["https://schema.org/Review", "schema:Product", "Thing#Place", 5]}) == {
        *("Review", "Product", "Place")
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["@id", "@type", "@graph", "@list", "review", "name"]), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=60, deadline=None)
@given(inside=JSON)
def test_no_json_at_all_trips_it_up(inside: Any) -> None:
    found = linked_data(block(inside))
    for node in found.nodes():
        assert isinstance(text(node.thing.get("name")) + name(node.thing.get("review")), str)
        assert isinstance(found.resolve(node.thing.get("review")), dict)
        assert isinstance(kinds(node.thing), frozenset)


@settings(max_examples=60, deadline=None)
@given(page=st.text(alphabet="<>!-/\"'= aprscitx&;#0\n", max_size=200))
def test_no_text_at_all_trips_it_up(page: str) -> None:
    found = hypertext(page)
    assert isinstance(list(tags(found.markup, "a", "p")), list)
    assert plain(plain(page)) is not None


@pytest.mark.parametrize("piece", ["<div>", "<script>", "<!--", '<a "', "<a x='", "<b ", "<a =", "&lt;", "<p a="])
def test_a_page_made_to_keep_a_reader_busy_is_read_all_the_same(piece: str) -> None:
    """A fifth of a megabyte of one thing: with anything worse than a straight pass this would take minutes."""
    page = piece * (200_000 // len(piece))
    assert list(tags(hypertext(page).markup, "link")) == []
    assert isinstance(plain(page), str)
