"""Why a conversation is among what was found, when no message is why: what its row shows of that, marked."""

from functools import cached_property

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dispatch_console.folding import fold, fold_character
from dispatch_console.sought import digits_in, digits_sought, reference_in

from . import wording


class Found:
    """A row, with what was looked for: one of the readings of a query."""

    def __init__(self, row, readings, viewer):
        self.row, self.viewer = row, viewer
        self.shown_title = _title_of(row, viewer)
        # By a message alone, where no reading says it.
        found = ((words, people) for words in readings if (people := self._people_called(words)) is not None)
        self.words, self.people = next(found, (readings[0], {}))

    @property
    def title(self) -> SafeString:
        return self._marked(self.shown_title)

    @property
    def reference(self) -> SafeString:
        reference = self.row.order.reference
        return mark(reference, [place for word in self.words for place in places_of_reference(word, reference)])

    @cached_property
    def line(self) -> SafeString:
        """The people by whom it was found, if its title does not say it: "Nancy Davolio · (208) 555-8097"."""
        lines = [self._line_of(person, fields) for person, fields in self.people.items()]
        return wording.comma_list(lines) if lines else SafeString()

    def _people_called(self, words):
        """Who holds the words that the row does not show, and in which fields; None where nobody holds one of them."""
        found = {}
        for word in words:
            if self._shows(word):
                continue
            # One person stands for as many words as possible.
            people = [*found, *(each.person for each in self.row.people_rows)]
            holding = ((person, self._field_with(word, person)) for person in people)
            person, field = next((each for each in holding if each[1]), (None, None))
            if person:
                found.setdefault(person, set()).add(field)
            elif not places_of(fold(word), self.row.title):
                return None
        return found

    def _shows(self, word):
        order = self.row.order
        return places_of(fold(word), self.shown_title) or order and places_of_reference(word, order.reference)

    def _field_with(self, word, person):
        """Which text of a person holds a word, if any. Guests are told no more of each other than the names."""
        if places_of(fold(word), person.name):
            return "name"
        if not self.viewer.is_team:
            return None
        if places_of(fold(word), person.company):
            return "company"
        return "phone" if places_of_phone(word, person.phone) else None

    def _line_of(self, person, fields):
        texts = [wording.bdi(self._marked(person.name))]
        if "company" in fields:
            texts.append(wording.bdi(self._marked(person.company)))
        if "phone" in fields:
            places = [place for word in self.words for place in places_of_phone(word, person.phone)]
            texts.append(format_html('<bdi dir="ltr">{}</bdi>', mark(person.phone, places)))
        return format_html_join(" · ", "{}", [[text] for text in texts])

    def _marked(self, text):
        return mark(text, [place for word in self.words for place in places_of(fold(word), text)])


def _title_of(row, viewer):
    """What its row calls it: on a guest's list the customer, beside the order's number."""
    if row.order and not viewer.is_team:
        return row.order.customer.name if row.order.customer else ""
    return wording.title_of(row, viewer)


def places_of_reference(word, reference):
    return places_of(fold(reference_in(word)), reference)


def places_of_phone(word, phone):
    places, known = places_of(fold(word), phone), digits_in(phone)
    if not (last := digits_sought(word)) or last not in known:
        return places
    # Of more digits than are compared, as many as there are.
    digits = digits_in(word)
    same = next(digits[at:] for at in range(len(digits)) if digits[at:] in known)
    return places + places_of(same, phone, digits_in)


def places_of(sought, text, compared=fold_character):
    """Where a text holds what is sought, when of each character is compared what `compared` says: [(start, end), …]."""
    pieces = list(map(compared, text))
    whole, found = "".join(pieces), []
    begin = whole.find(sought) if sought else -1
    if begin < 0:
        return found
    at = [place for place, piece in enumerate(pieces) for _ in piece]
    while begin >= 0:
        last = begin + len(sought) - 1
        end = at[last] + 1
        # An accent stays with its letter.
        while end < len(text) and not fold_character(text[end]):
            end += 1
        found.append((at[begin], end))
        begin = whole.find(sought, last + 1)
    return found


def mark(text, places) -> SafeString:
    """The text, escaped, with these places marked. Those that overlap or touch are one."""
    merged, pieces, at = [], [], 0
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    for start, end in merged:
        pieces.append((text[at:start], text[start:end]))
        at = end
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[at:])
