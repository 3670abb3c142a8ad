"""Nothing grows so long that nobody reads it: see CONTRIBUTING, House numbers."""

from __future__ import annotations

from tests.house.tree import Function, functions, length, lines, share_over, sources, templates, where


def positional(node: Function) -> int:
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_no_file_is_longer_than_400_lines_and_most_are_shorter_than_250() -> None:
    sizes = {where(path): lines(path) for path in sources()}
    assert {name: size for name, size in sizes.items() if size > 400} == {}
    assert share_over(list(sizes.values()), 250) <= 0.05, {name: size for name, size in sizes.items() if size > 250}


def test_no_function_is_longer_than_50_lines_and_most_are_shorter_than_30() -> None:
    sizes = {where(path, node): length(node) for path, node in functions()}
    assert {name: size for name, size in sizes.items() if size > 50} == {}
    assert share_over(list(sizes.values()), 30) <= 0.05, {name: size for name, size in sizes.items() if size > 30}


def test_no_function_takes_more_than_7_parameters_by_position_and_most_take_at_most_4() -> None:
    counts = {where(path, node): positional(node) for path, node in functions()}
    assert {name: count for name, count in counts.items() if count > 7} == {}
    assert share_over(list(counts.values()), 4) <= 0.05, {name: count for name, count in counts.items() if count > 4}


def test_no_template_is_longer_than_120_lines_and_most_are_shorter_than_80() -> None:
    sizes = {where(path): lines(path) for path in templates()}
    assert {name: size for name, size in sizes.items() if size > 120} == {}
    assert share_over(list(sizes.values()), 80) <= 0.05, {name: size for name, size in sizes.items() if size > 80}
