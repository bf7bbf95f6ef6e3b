"""A company of some years: conversations by the hundred thousand, made by the database itself as far as it can.

The worst case for an inbox, and not a typical one: hardly anything was ever closed, and Dispatcher 1 has read all but
a handful of it, so that what is unread lies scattered among what is not.
"""

import random
from itertools import accumulate

from django.db import connection

from chat.search import INDEX, VECTOR

TEAM, DRIVERS = 20, 500
# The first customer's id.
CUSTOMERS = 1000
VOCABULARY = 20_000

PEOPLE = """
INSERT INTO accounts_user (id, password, is_superuser, username, role, name, company, phone, email, language, reference,
    is_active, is_staff, created_at, search_text, phone_digits, theme, density, sends_with, single_keys, reached_by,
    email_notices, sms_notices, time_zone)
SELECT id, '', false, CASE WHEN role = 'dispatcher' THEN 'team' || id END, role, name, company, phone, '', '',
    'P' || id, true, false, now(), lower(name || E'\\n' || company || E'\\n' || phone),
    regexp_replace(phone, '[^0-9]', '', 'g'),
    'system', 'comfortable', 'control_enter', true, '', true, true, ''
FROM (
    SELECT n AS id, 'dispatcher' AS role, 'Dispatcher ' || n AS name, '' AS company, '' AS phone
    FROM generate_series(1, %(team)s) n
    UNION ALL
    SELECT 100 + n, 'driver', 'Driver ' || n, '', '444-' || n FROM generate_series(1, %(drivers)s) n
    UNION ALL
    SELECT %(customers)s + n, 'customer', 'Person ' || n, 'Company ' || n %% 5000, '555-' || n
    FROM generate_series(1, %(count)s) n
) people
"""
ORDERS = """
INSERT INTO orders_order (id, reference, status, customer_id, driver_id, carrier, dropoff_name, dropoff_street,
    dropoff_city, dropoff_region, dropoff_postcode, dropoff_country, items, created_at, search_text)
SELECT n, 'R-' || n, 'in_transit', %(customers)s + n, 101 + n %% %(drivers)s, '', '', '', 'City ' || n %% 300,
    '', '', '', '[]', now(), lower('R-' || n || E'\\n' || 'City ' || n %% 300)
FROM generate_series(1, %(count)s) n
"""
# One in twenty is closed, one in two hundred waits.
CONVERSATIONS = """
INSERT INTO chat_conversation (id, order_id, title, search_title, created_at, last_number, revision, human_count,
    last_activity_at, closed_at, waiting_since)
SELECT n, n, '', '', now() - n * interval '1 minute', %(each)s, 0, %(each)s, now() - n * interval '1 minute',
    CASE WHEN n %% 20 = 0 THEN now() - n * interval '1 minute' END,
    CASE WHEN n %% 200 = 1 THEN now() - n * interval '1 minute' END
FROM generate_series(1, %(count)s) n
"""
# Its customer, a dispatcher, and in every third its driver.
PARTICIPANTS = """
INSERT INTO chat_participant (conversation_id, person_id, added_at)
SELECT n, %(customers)s + n, now() FROM generate_series(1, %(count)s) n
UNION ALL SELECT n, 1 + n / 7 %% %(team)s, now() FROM generate_series(1, %(count)s) n
UNION ALL SELECT n, 101 + n %% %(drivers)s, now() FROM generate_series(3, %(count)s, 3) n
"""
# Dispatcher 1 has read all but every 2,500th, Dispatcher 2 every second one, the others what they write in.
READ_MARKS = """
INSERT INTO chat_readmark (conversation_id, person_id, number, human_count, at)
SELECT n, 1, read, read, now()
FROM (
    SELECT n, CASE WHEN n %% 2500 = 7 THEN %(each)s - 2 ELSE %(each)s END AS read FROM generate_series(1, %(count)s) n
) marks
UNION ALL SELECT n, 2, %(each)s, %(each)s, now() FROM generate_series(1, %(count)s, 2) n
UNION ALL SELECT n, 1 + n / 7 %% %(team)s, %(each)s, %(each)s, now() FROM generate_series(1, %(count)s) n
    WHERE n / 7 %% %(team)s > 1
"""
# Every customer has a link; two of three have opened it, and every second one has seen all there is.
LINKS = """
INSERT INTO accounts_accesslink (person_id, conversation_id, made_in_id, public_id, token_hash, made_at, uses,
    last_used_at, language)
SELECT %(customers)s + n, n, n, 'L' || n, 'T' || n, now(), n %% 3, CASE WHEN n %% 3 > 0 THEN now() END, ''
FROM generate_series(1, %(count)s) n
"""
SEEN_BY_CUSTOMERS = """
INSERT INTO chat_readmark (conversation_id, person_id, number, human_count, at)
SELECT n, %(customers)s + n, %(each)s, %(each)s, now() FROM generate_series(2, %(count)s, 2) n
"""
LAST_MESSAGES = """
UPDATE chat_conversation SET last_message_id = chat_message.id FROM chat_message
WHERE chat_message.conversation_id = chat_conversation.id AND chat_message.number = chat_conversation.last_number
"""
MESSAGE_COLUMNS = """conversation_id, number, author_id, kind, body, search_text, event, facts, client_id, human_count,
    created_at, version, revision, earlier"""


def word(rank):
    letters = "etaoinshrdlucmfw"
    return "".join(letters[(rank * 7919 >> 4 * place) % 16] for place in range(2 + rank % 7)) + str(rank)


def vocabulary():
    """Words, the most common ones first."""
    return [word(rank) for rank in range(VOCABULARY)]


def fill(conversations, messages):
    """Fill an empty database: so many conversations, each with as many messages, written turn by turn."""
    random.seed(1)
    given = {
        "count": conversations,
        "each": messages // conversations,
        "team": TEAM,
        "drivers": DRIVERS,
        "customers": CUSTOMERS,
    }
    with connection.cursor() as cursor:
        for statement in (PEOPLE, ORDERS, CONVERSATIONS, PARTICIPANTS, READ_MARKS, LINKS, SEEN_BY_CUSTOMERS):
            cursor.execute(statement, given)
        # An index is made faster than it is kept.
        cursor.execute(f"DROP INDEX {INDEX}")
        _copy_messages(cursor, **given)
        cursor.execute(
            f"CREATE INDEX {INDEX} ON chat_message USING gin (({VECTOR.format('search_text')})) "
            "WITH (gin_pending_list_limit = 256)"
        )
        cursor.execute(LAST_MESSAGES)
        for table in ("accounts_user", "orders_order", "chat_conversation"):
            # What is added later goes on where these end.
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        cursor.execute("VACUUM ANALYZE")


def _copy_messages(cursor, *, count, each, team, drivers, customers):
    words = vocabulary()
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(words))))
    with cursor.cursor.copy(f"COPY chat_message ({MESSAGE_COLUMNS}) FROM STDIN") as rows:
        for number in range(count * each):
            chat, place = number % count + 1, number // count + 1
            # The last word is the customer's where one waits, else ours.
            is_ours = place % 2 != each % 2 if chat % 200 == 1 else place % 2 == each % 2
            author = 1 + chat // 7 % team if is_ours else customers + chat
            said = random.choices(words, cum_weights=weights, k=random.randint(3, 20))
            rows.write_row(
                (chat, place, author, "text", " ".join(said), " ".join(dict.fromkeys(said)), "", "{}",
                 f"{number:032x}", place, "now", 1, 0, "[]")
            )  # fmt: skip
