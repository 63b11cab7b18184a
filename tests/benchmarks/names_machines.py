"""Text that machines write or read, to fit weights on: logs, settings, queries, programs. Nobody is in it, nothing is named.

Every line is put together at random from words of computing and of everyday language, so that weights learn how such text looks
and no text by heart. Names of programs (*Jenkins*, *Kafka*) stand in it as in life: they are no persons.
"""

# ruff: noqa: S608 - queries that nobody runs

import random
from collections.abc import Callable, Iterable
from pathlib import Path

from names_corpora import Document

from engine.conf import read_yaml

_LISTS = read_yaml(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
_NOUNS, _VERBS, _ADJECTIVES, _SYSTEMS, _STATES, _COLOURS, _PROPERTIES = (tuple(words.split()) for words in _LISTS.values())

_LEVELS = ("INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL", "NOTICE", "WARNING", "info", "warn", "error", "debug", "Info",
           "Error", "Warning", "LOG", "DETAIL", "HINT", "CRITICAL", "SEVERE", "FINE")
_UNITS = ("ms", "s", "us", "bytes", "KB", "MB", "KiB", "M", "K", "%", "files", "rows", "times")
_METHODS = ("GET", "POST", "PUT", "HEAD")
_FONTS = ("Arial, sans-serif", "Georgia, serif", "Verdana, Geneva, sans-serif", "Courier, monospace", "Tahoma", "Menlo, Monaco")
_TYPES = ("int", "String", "long", "boolean", "double", "char", "void", "Object", "List<String>", "Map<String, Integer>",
          "Optional<Long>", "byte[]", "size_t", "uint32_t", "float", "bool", "auto", "Duration", "Path")


class Machine:
    """Writes such text; everything follows from the source of chance.

    Args of the constructor: the source of chance; words of everyday language.
    """

    def __init__(self, rng: random.Random, words: list[str]) -> None:
        self.rng, self.words = rng, words
        self.kinds: tuple[Callable[[], str], ...] = (
            *(self.log for _ in range(4)), self.sql, self.script, self.javascript, self.java, self.c, self.css, self.yaml,
            self.settings, self.lock, self.commits, self.csv, self.markup, self.json, self.shell)

    def documents(self, many: int) -> list[Document]:
        """Returns documents of one to eight lines."""
        return [self._document(self.rng.choice(self.kinds)) for _ in range(many)]

    def _document(self, kind: Callable[[], str]) -> Document:
        return Document("\n".join(kind() for _ in range(self.rng.choice((1, 1, 1, 2, 4, 8)))), [])

    def _one(self, among: Iterable[str]) -> str:
        return self.rng.choice(tuple(among))

    def number(self, most: int = 5) -> str:
        return str(self.rng.randrange(10 ** self.rng.randint(1, most)))

    def noun(self) -> str:
        return self.rng.choice(_NOUNS) if self.rng.random() < 0.75 else self.rng.choice(self.words)

    def camel(self, *, first: bool = True) -> str:
        parts = [self.rng.choice((self.noun, self.verb, self.adjective))() for _ in range(self.rng.choice((1, 2, 2, 3)))]
        return "".join(part.capitalize() if place or first else part for place, part in enumerate(parts))

    def verb(self) -> str:
        return self.rng.choice(_VERBS)

    def adjective(self) -> str:
        return self.rng.choice(_ADJECTIVES)

    def snake(self, mark: str = "_") -> str:
        parts = [self.rng.choice((self.noun, self.noun, self.adjective))() for _ in range(self.rng.choice((1, 2, 2, 3)))]
        return mark.join(parts)

    def state(self) -> str:
        return self.rng.choice(_STATES)

    def done(self) -> str:
        verb = self.verb()
        return (verb.removesuffix("e")) + self.rng.choice(("ed", "ing"))

    def name(self) -> str:
        """What a thing of a machine is called: an identifier, a system, a title of two words, something with a number."""
        system, noun, other = self.rng.choice(_SYSTEMS), self.noun(), self.noun()
        return self.rng.choice((
            noun, other, self.camel(), self.snake(), system, f"{noun}-{self.number(3)}", f"{self.adjective()} {noun}".title(),
            f"{noun} {other}".title(), noun.capitalize(), noun.upper(), f"{system} {self.camel()}"))

    def message(self) -> str:
        """A sentence of a log."""
        done, name, noun = self.done(), self.name, self.noun
        chosen = self.rng.choice((
            f"{done} {noun()} {name()}", f"{name()} {done}", f"{name()}: {done} {self.number()} {noun()}s",
            f"{name()} {self.verb()} {done}",
            f"{done} {self.adjective()} {noun()} for {name()} after {self.number(3)} {self._one(_UNITS)}",
            f"{self.verb()} {noun()} ({self.adjective()}) ({name()}) {self.number(3)}M->{self.number(3)}M({self.number(3)}M)",
            f"{self.adjective()} {self.adjective()} {noun()}: {self.number()} {self._one(_UNITS)}",
            f"{name()} is {self.state()}",
            f"could not {self.verb()} {name()}: {self.camel()}Exception: {noun()} {self.adjective()}",
            f"{noun()} {self.number()} {done}",
            f"{name()} {noun()} {self.number()} of {name()} {self.number(2)} {done} in {self.number(4)} ms on {name()}",
            f"{noun()}={self.number()} {noun()}={self.state()} {self.snake()}={self.number(3)}",
            f"no {noun()} to {self.verb()}",
            f"{self.verb()} {name()} with {name()}, {name()} and {name()}", f"{name()} -> {name()} [{self.state()}]",
            f"at {self.snake('.')}.{self.camel()}.{self.camel(first=False)}({self.camel()}.java:{self.number(3)})",
            f"File /{self.snake('/')}/{noun()}.py, line {self.number(3)}, in {self.snake()}", f"using {name()} {self.version()}"))
        case = self.rng.random()
        return chosen[0].upper() + chosen[1:] if case < 0.6 else chosen.title() if case < 0.75 else chosen

    def version(self) -> str:
        return f"{self.rng.randrange(20)}.{self.rng.randrange(40)}.{self.rng.randrange(30)}"

    def clock(self) -> str:
        return f"{self.rng.randrange(24):02d}:{self.rng.randrange(60):02d}:{self.rng.randrange(60):02d}"

    def log(self) -> str:
        """A line of a log, as one of many systems writes it."""
        level, number, said = self._one(_LEVELS), self.number, self.message()
        return self.rng.choice((
            f"{self.clock()} {level} {self.camel()}: {said}",
            f"{self.clock()}.{number(3)} [{self.snake('-')}-{number(2)}] {level} {said}",
            f"{self.snake('-')}[{number()}]: {said}", f"{self.snake('-')} {self.noun()}[{number()}]: {said}",
            f"[{number()}.{number(6)}] {said}",
            f"{level}:{self.snake('.')}:{said}", f"{level} {self.snake('.')}.{self.camel()} - {said}", f"[{level}] {said}",
            f"{level[0].upper()}{number(4)} {self.clock()} {number(2)} {self.noun()}.go:{number(3)}] {said}", f"{said}",
            f"{level}:  {said}",
            f"[{number(3)}.{number(3)}s][{level.lower()}][{self.noun()}] {self.noun().upper()}({number(2)}) {said}",
            f'level={level.lower()} msg="{said}" {self.noun()}={self.name()}', f"<{number(2)}>{self.noun()}: {said}",
            f'"{self._one(_METHODS)} /{self.snake("/")} HTTP/1.1" {number(3)} {number()} "-" "{self._one(_SYSTEMS)}/{number(2)}"',
            f'{{"level":"{level}","logger":"{self.camel()}","message":"{said}","{self.noun()}":{number()}}}'))

    def sql(self) -> str:
        """A query."""
        column, table = self.snake, self.snake
        small = self.rng.choice((
            f"SELECT {column()}, {column()} FROM {table()} WHERE {column()} = {self.number()} ORDER BY {column()} DESC;",
            f"CREATE TABLE {table()} ({column()} BIGINT PRIMARY KEY, {column()} VARCHAR({self.number(2)}) NOT NULL);",
            f"INSERT INTO {table()} ({column()}, {column()}) VALUES ({self.number()}, '{self.name()}');", f"-- {self.message()}",
            f"UPDATE {table()} SET {column()} = '{self.state()}' WHERE {column()} IS NULL;",
            f"DROP INDEX IF EXISTS {table()};",
            f"LEFT JOIN {table()} AS t ON t.{column()} = s.{column()} AND s.{column()} > {self.number()}",
            f"ALTER TABLE {self.camel()} ADD FOREIGN KEY ({column()}) REFERENCES {self.camel()} ({column()})"))
        return small.lower() if self.rng.random() < 0.3 else small

    def script(self) -> str:
        """A line of Python."""
        return self.rng.choice((
            f"def {self.snake()}(self, {self.noun()}, {self.noun()}=None):",
            f"    {self.snake()} = {self.noun()}.{self.snake()}({self.noun()})",
            f"class {self.camel()}({self.camel()}):", f'    """{self.message()}."""',
            f"    raise {self.camel()}Error('{self.message()}')",
            f"# {self.message()}", f"from {self.noun()}.{self.noun()} import {self.camel()}, {self.camel()}",
            f"    return {self.noun()}[{self.number(1)}]",
            f"    if {self.noun()} is not None and {self.noun()} > {self.number(2)}:",
            f"{self.snake().upper()} = '{self.name()}'"))

    def javascript(self) -> str:
        """A line of JavaScript."""
        lower = self.camel(first=False)
        return self.rng.choice((
            f"const {lower} = require('{self.noun()}');", f"import {{ {self.camel()} }} from './{self.snake('-')}';",
            f"// {self.message()}",
            f"export default class {self.camel()} extends {self.camel()} {{",
            f"  return new {self.camel()}({self.noun()}, '{self.name()}');",
            f"  this.{lower}.{self.verb()}({self.noun()} => {self.noun()}.{self.verb()}());", f"console.log('{self.message()}');",
            f'  <{self.camel()} {self.noun()}={{{lower}}} title="{self.name()}" />',
            f"async function {lower}({self.noun()}) {{",
            f"  {lower}: '{self.name()}',", f"throw new {self.camel()}Error(`{self.message()}`);"))

    def java(self) -> str:
        """A line of Java."""
        lower, kind = self.camel(first=False), self._one(_TYPES)
        return self.rng.choice((
            f"public final class {self.camel()} implements {self.camel()} {{",
            f"    private {kind} {lower} = new {self.camel()}();",
            f"    public static {kind} {lower}({kind} {self.noun()}, {self.camel()} {self.noun()}) {{", f"@{self.camel()}",
            f"    // {self.message()}",
            f"import {self.snake('.')}.{self.camel()};", f"        {self.camel()} {lower} = {self.camel()}.{self.verb()}();",
            f"        LOG.{self._one(('info', 'warn'))}(\"{self.message()}\");", f"    /** {self.message()}. */",
            f"    throw new {self.camel()}Exception();",
            f"case {self.snake().upper()}: return {self.camel()}.{self.snake().upper()};"))

    def c(self) -> str:
        """A line of C, Go or Rust."""
        return self.rng.choice((
            f"#include <{self.noun()}.h>", f"static {self._one(_TYPES)} {self.snake()}(struct {self.noun()} *{self.noun()});",
            f"/* {self.message()} */",
            f"#define {self.snake().upper()} {self.number()}", f"    if (!{self.noun()}->{self.noun()}) goto {self.noun()};",
            f"func ({self.noun()[0]} *{self.camel()}) {self.camel()}({self.noun()} {self.camel()}) error {{",
            f"impl {self.camel()} for {self.camel()} {{",
            f"    let mut {self.snake()} = {self.camel()}::new({self.number(2)});", f'    printf("{self.message()}\\n");',
            f"// {self.camel()} {self.message()}"))

    def css(self) -> str:
        """A rule or a declaration of a style sheet."""
        return self.rng.choice((
            f".{self.snake('-')} {{ {self._one(_PROPERTIES)}: {self._one(_COLOURS)}; }}", f"  font-family: {self._one(_FONTS)};",
            f"  {self._one(_PROPERTIES)}: {self.number(2)}px solid {self._one(_COLOURS)};",
            f"#{self.snake('-')} > .{self.noun()}:hover {{",
            f"@media screen and (max-width: {self.number(3)}px) {{",
            f"  font: bold {self.number(2)}px/1.{self.number(1)} {self._one(_FONTS)};"))

    def yaml(self) -> str:
        """A line of YAML."""
        return " " * self.rng.choice((0, 2, 4, 6)) + self.rng.choice((
            f"{self.camel(first=False)}: {self.name()}", f"- {self.noun()}: {self.name()}", f"{self.noun()}:",
            f"kind: {self.camel()}", f"# {self.message()}",
            f"image: {self.noun()}/{self.snake('-')}:{self.version()}", f"{self.snake()}: {self.state()}",
            f"- name: {self.message()}",
            f"description: {self.message()}", f"{self.snake('-')}: [{self.noun()}, {self.name()}, {self.name()}]"))

    def settings(self) -> str:
        """A line of a file of settings."""
        return self.rng.choice((
            f"[{self.snake('.')}]", f"{self.snake('.')}={self.name()}", f"{self.snake().upper()}={self.number()}",
            f"; {self.message()}", f"# {self.message()}",
            f"{self.camel()} {self._one(('On', 'Off', 'None', 'All'))}", f"{self.camel()} /{self.snake('/')}",
            f'<{self.camel()} "{self.name()}">',
            f'{self.snake()} = "{self.name()}"', f"FROM {self.noun()}:{self.version()} AS {self.noun()}",
            f"ENV {self.snake().upper()} {self.name()}"))

    def lock(self) -> str:
        """A line of a list of packages."""
        return self.rng.choice((
            f"{self.snake('-')}=={self.version()}", f"\"{self.snake('-')}\": \"^{self.version()}\",",
            f"name = \"{self.snake('-')}\"",
            f"{self.snake('-')}@{self.version()}:", f'  resolved "{self.noun()}/-/{self.noun()}-{self.version()}.tgz"',
            f"Package: {self.snake('-')}",
            f"Depends: {self.snake('-')} (>= {self.version()}), {self.snake('-')}", f"{self.camel()} ({self.version()})",
            f"Section: {self.noun()}"))

    def commits(self) -> str:
        """A line of a history of changes."""
        mark = f"{self.rng.getrandbits(28):07x}"
        return self.rng.choice((
            f"{mark} {self.message()}", f"{mark} {self.verb().capitalize()} {self.name()} {self.noun()}",
            f"* {mark} fix({self.noun()}): {self.message()}",
            f"- {self.verb().capitalize()} {self.noun()} in {self.camel()} (#{self.number()})",
            f"{mark} Merge branch '{self.snake('-')}' into {self.noun()}",
            f"feat: {self.verb()} {self.name()} for {self.name()}", f'{mark} Revert "{self.message()}"',
            f"Bump {self.snake('-')} to {self.version()}"))

    def csv(self) -> str:
        """A line of a table."""
        mark = self._one((",", ";", "\t", " | "))
        cells = (self.number, self.name, self.noun, self.version, self.state, self.clock)
        return mark.join(self.rng.choice(cells)() for _ in range(self.rng.randint(3, 7)))

    def markup(self) -> str:
        """A line of HTML or Markdown."""
        return self.rng.choice((
            f"<div class=\"{self.snake('-')}\">{self.message()}</div>", f"<h2>{self.name().title()}</h2>",
            f"## {self.message().title()}",
            f"<li><a href=\"#{self.snake('-')}\">{self.name()}</a></li>",
            f"| {self.name()} | {self.number()} | {self.name()} |", f"* `{self.snake()}`: {self.message()}",
            f'<input type="{self.noun()}" name="{self.noun()}" value="{self.name()}">', f"<!-- {self.message()} -->",
            f"<{self.noun()}>{self.name()}</{self.noun()}>"))

    def json(self) -> str:
        """A line of JSON."""
        lower = self.camel(first=False)
        return f'{{"{self.snake()}": "{self.name()}", "{self.noun()}": {self.number()}, "{lower}": ["{self.state()}"]}}'

    def shell(self) -> str:
        """A command and what it says."""
        return self.rng.choice((
            f"$ {self.noun()} --{self.snake('-')} {self.name()} | grep -v {self.noun()}",
            f"export {self.snake().upper()}=/{self.snake('/')}", f'echo "{self.message()}"',
            f"{self.noun()}: {self.snake('-')}: {self.message()}",
            f"sudo {self.noun()} {self.verb()} {self.snake('-')} -{self.noun()[0]} {self.number(2)}",
            f"drwxr-xr-x {self.number(1)} root {self.noun()} {self.number()} {self.snake('-')}",
            f"{self.number()} ?  S  0:{self.number(2)} /{self.snake('/')}"))
