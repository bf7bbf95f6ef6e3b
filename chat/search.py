"""How what people wrote is found again: by its words, or the beginnings of them.

The words of a message are split and folded here, and stored with it. Both databases index them as they are, PostgreSQL
in a GIN index and SQLite in a table of FTS5, and neither has an opinion of its own on what a word is: the same is found
on both. SQLite's table keeps no text, so it must be told what stood there before.
"""

import json
import unicodedata
from functools import lru_cache

from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, Max, OuterRef, Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dispatch_console.folding import fold_character

# Characters. Of a longer word its beginning is found.
WORD_LIMIT = 64
# Characters of a snippet: before the hit, since a row shows little, and in all.
LEAD, SNIPPET = 16, 160

INDEX = "chat_message_words"
VECTOR = "array_to_tsvector(string_to_array({}, ' '))"


def words_of(text: str) -> list[str]:
    """Its words as they are compared, each once."""
    return list(dict.fromkeys(word for word, _, _ in _tokens(text)))


def search_text_of(body: str) -> str:
    return " ".join(words_of(body))


def _tokens(text):
    """Each word of the text, folded, and where it stands: (word, start, end)."""
    word, start = "", 0
    for at, char in enumerate(text):
        kind, piece = _part(char)
        if kind == "letter":
            start = start if word else at
            word += piece
            continue
        if word:
            yield word[:WORD_LIMIT], start, at
            word = ""
        if kind == "sign":
            yield piece, at, at + 1
    if word:
        yield word[:WORD_LIMIT], start, len(text)


@lru_cache(maxsize=8192)
def _part(char):
    """A letter of a word, a sign that is a word by itself, or a gap between words; and what is compared of it."""
    folded = "".join(piece for piece in fold_character(char) if unicodedata.category(piece)[0] in "LMN")
    if unicodedata.category(char) == "So":
        # An emoji. What cannot be seen of it does not count.
        return "sign", char
    if folded and _is_ideograph(char):
        return "sign", folded[:WORD_LIMIT]
    if folded or not fold_character(char):
        return "letter", folded
    return "gap", ""


def _is_ideograph(char):
    # Chinese and Japanese put no spaces between words: there each character is looked for.
    return "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff"


class Holds(Func):
    """Whether a message holds each of these words, or one that begins with it.

    With `looked_up=False` PostgreSQL compares them with each message that the other conditions have found.
    """

    output_field = BooleanField()

    def __init__(self, words, looked_up=True, **options):
        super().__init__(F("pk"), F("search_text"), **options)
        self.words, self.looked_up = words, looked_up

    def as_postgresql(self, compiler, connection):
        _, (text, params) = map(compiler.compile, self.get_source_expressions())
        # Between the quotes stand letters, numbers and signs only: that is what words are made of.
        query = " & ".join(f"'{word}':*" for word in self.words)
        holds = f"{VECTOR.format(text)} @@ %s::tsquery"
        # The index is for what is written as in it.
        return holds if self.looked_up else f"({holds}) IS TRUE", [*params, query]

    def as_sqlite(self, compiler, connection):
        (pk, params), _ = map(compiler.compile, self.get_source_expressions())
        query = " AND ".join(f'"{word}"*' for word in self.words)
        return f"{pk} IN (SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s)", [*params, query]


class SearchedMessages(QuerySet):
    # So many messages hold words that are common.
    COMMON = 2000
    # Where its statistics expect so many times as many, PostgreSQL is believed.
    BEYOND_DOUBT = 10
    # To compare one message takes as long as to gather so many from the index.
    AS_DEAR = 25
    # Of so many words the rarest is looked for.
    WEIGHED = 8

    def search(self, query):
        """Messages that hold every word of the query, or one that begins with it. None of a query without words."""
        words = words_of(query)
        if not words:
            return self.none()
        looked_up = self.worth_looking_up(words)
        compared = [word for word in words if word not in looked_up]
        found = self.filter(Holds(looked_up))
        return found.filter(Holds(compared, looked_up=False)) if compared else found

    def worth_looking_up(self, words):
        """Those of the words that are rare enough beside the rarest one, where the database has to be told.

        PostgreSQL gathers every message that holds a word, or one that begins with it, before it looks for the next:
        half a million of a common one, for the three that hold the rare one too.
        """
        if connection.vendor != "postgresql" or len(words) == 1:
            return words
        expected = {word: self.model.objects.filter(Holds([word])).expected() for word in words[: self.WEIGHED]}
        return [word for word, count in expected.items() if count <= self.AS_DEAR * min(expected.values())]

    def expected(self):
        """How many there are by the statistics of PostgreSQL, without a look at them."""
        return json.loads(self.order_by().explain(format="json"))[0]["Plan"]["Plan Rows"]

    def are_surely_many(self):
        if connection.vendor != "postgresql" or self.query.is_empty():
            return False
        return self.expected() >= self.BEYOND_DOUBT * self.COMMON

    def in_conversations(self):
        """The condition by which conversations have one of these messages.

        Few messages are quickly gathered. Of many it is quicker to look at one conversation after the other, from the
        newest on, until a page is full.
        """
        # PostgreSQL gathers all of them before it names the first: of very many not even the first is asked for.
        if not self.are_surely_many():
            found = list(self.order_by().values_list("conversation", flat=True)[: self.COMMON])
            if len(found) < self.COMMON:
                return Q(pk__in=set(found))
        return Q(Exists(self.filter(conversation=OuterRef("pk"))))

    def latest_in(self, conversations):
        """The last of these messages in each of the conversations, by the conversation's id: {id: message}."""
        last = self.filter(conversation__in=conversations).values("conversation").annotate(last=Max("pk"))
        found = self.model.objects.filter(pk__in=last.order_by().values("last")).select_related("author")
        found = found.prefetch_related("files")
        return {message.conversation_id: message for message in found}


def index(message, before=""):
    """Let a message, as it is stored now, be found. `before` is the search_text under which it was found until now."""
    if connection.vendor != "sqlite" or message.search_text == before:
        return
    with connection.cursor() as cursor:
        if before:
            # That is how the table, which has no text of its own, is told to forget.
            cursor.execute(
                f"INSERT INTO {INDEX} ({INDEX}, rowid, search_text) VALUES ('delete', %s, %s)", [message.pk, before]
            )
        if message.search_text:
            cursor.execute(
                f"INSERT INTO {INDEX} (rowid, search_text) VALUES (%s, %s)", [message.pk, message.search_text]
            )


def forget(conversation):
    """Let nothing of a conversation be found any more, before it is erased."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {INDEX} ({INDEX}, rowid, search_text) "
            "SELECT 'delete', id, search_text FROM chat_message WHERE conversation_id = %s AND search_text <> ''",
            [conversation.pk],
        )


def snippet(body: str, query: str) -> SafeString:
    """The part of a text in which the words of a query are, escaped, with each of them marked."""
    body = " ".join(body.split())
    words = tuple(words_of(query))
    hits = [(start, end) for word, start, end in _tokens(body) if word.startswith(words)] if words else []
    first = max(0, hits[0][0] - LEAD) if hits else 0
    if first:
        # From the beginning of a word, where there is one.
        space = body.find(" ", first, hits[0][0])
        first = space + 1 if space >= 0 else first
    last, parts, at = min(len(body), first + SNIPPET), ["…" if first else ""], first
    for start, end in hits:
        if start >= last:
            break
        parts.append(format_html("{}<mark>{}</mark>", body[at:start], body[start : min(end, last)]))
        at = min(end, last)
    parts.append(format_html("{}{}", body[at:last], "…" if last < len(body) else ""))
    return mark_safe("".join(parts))
