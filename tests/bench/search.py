"""How long a search of the inbox takes among 100,000 conversations and 1,000,000 messages, on PostgreSQL.

    DATABASE_URL=postgres://… python -m tests.bench.search [messages]

It fills a test database of its own, and removes it. Milliseconds of the server's part, without the rendering.
"""

import os
import random
import sys
import time
from itertools import accumulate
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.viewers import Viewer  # noqa: E402
from chat.views.pages import inbox_page  # noqa: E402

MESSAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
CONVERSATIONS = MESSAGES // 10
ROUNDS = 7

# %s: how many conversations there are. Each has an order, a customer, and ten messages.
PEOPLE = """
INSERT INTO accounts_user (id, password, is_superuser, role, name, company, phone, email, language, is_active, is_staff,
    created_at, search_text)
SELECT n, '', false, 'customer', 'Person ' || n, 'Company ' || n %% 5000, '555-' || n, '', '', true, false, now(),
    'person ' || n || E'\\ncompany ' || n %% 5000 || E'\\n555-' || n FROM generate_series(1, %s) n;
INSERT INTO orders_order (id, reference, status, customer_id, {blank}) SELECT n, 'R-' || n, 'assigned', n, {empty}
FROM generate_series(1, %s) n;
"""
CONVERSATION = """
INSERT INTO chat_conversation (id, order_id, title, search_title, created_at, last_number, revision, human_count,
    last_activity_at)
SELECT n, n, '', '', now(), 10, 0, 10, now() - n * interval '1 minute' FROM generate_series(1, %s) n;
INSERT INTO chat_participant (conversation_id, person_id, added_at) SELECT n, n, now() FROM generate_series(1, %s) n;
"""


def word(rank):
    letters = "etaoinshrdlucmfw"
    return "".join(letters[(rank * 7919 >> 4 * place) % 16] for place in range(2 + rank % 7)) + str(rank)


def fill():
    vocabulary = [word(rank) for rank in range(20_000)]
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(vocabulary))))
    columns = {
        field.column: "0" if field.get_internal_type().endswith("IntegerField") else "''"
        for field in User._meta.apps.get_model("orders", "Order")._meta.concrete_fields
        if not field.null and field.name not in ("id", "reference", "status")
    }
    with connection.cursor() as cursor:
        for column, kind in list(columns.items()):
            cursor.execute(
                "SELECT data_type FROM information_schema.columns WHERE table_name='orders_order' AND column_name=%s",
                [column],
            )
            columns[column] = {"timestamp with time zone": "now()", "boolean": "false", "jsonb": "'{}'"}.get(
                cursor.fetchone()[0], kind
            )
        orders = PEOPLE.format(blank=", ".join(columns), empty=", ".join(columns.values()))
        for statement in (orders + CONVERSATION).split(";"):
            if statement.strip():
                cursor.execute(statement, [CONVERSATIONS])
        copy = """COPY chat_message (conversation_id, number, author_id, kind, body, search_text, event, facts,
            client_id, human_count, created_at, version, revision, earlier) FROM STDIN"""
        with cursor.cursor.copy(copy) as rows:
            for number in range(MESSAGES):
                chat, place = number % CONVERSATIONS + 1, number // CONVERSATIONS + 1
                words = random.choices(vocabulary, cum_weights=weights, k=random.randint(3, 20))
                key = f"{number:032x}"
                folded = " ".join(dict.fromkeys(words))
                rows.write_row(
                    (chat, place, chat, "text", " ".join(words), folded, "", "{}", key, place, "now", 1, 0, "[]")
                )
        cursor.execute(
            "UPDATE chat_conversation c SET last_message_id = m.id FROM chat_message m "
            "WHERE m.conversation_id = c.id AND m.number = c.last_number"
        )
        cursor.execute("VACUUM ANALYZE")
    return vocabulary


def measure(viewer, query):
    taken = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        page = inbox_page(viewer, {"q": query})
        taken.append((time.perf_counter() - before) * 1000)
    return median(taken), max(taken), len(page["conversations"])


def main():
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "test_search_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        random.seed(1)
        before = time.perf_counter()
        words = fill()
        print(f"{MESSAGES} messages in {CONVERSATIONS} conversations, filled in {time.perf_counter() - before:.0f} s")  # noqa: T201
        viewer = Viewer(User.objects.create_user("bench", pk=CONVERSATIONS + 1))
        queries = {
            "the most common word": words[0],
            "one in ten messages": words[10],
            "one in a thousand": words[1500],
            "rare": words[19_000],
            "two common ones": f"{words[0]} {words[3]}",
            "a common and a rare one": f"{words[0]} {words[18_000]}",
            "one letter": "e",
            "two letters": "ta",
            "nothing": "zzzzzz",
            "an order": "R-77777",
            "a name": "person 4321",
            "a phone": "555-5432",
        }
        for name_of, query in queries.items():
            middle, longest, rows = measure(viewer, query)
            print(f"{name_of:26} {query[:24]:26} {middle:7.1f} ms, at most {longest:7.1f} ms, {rows} rows")  # noqa: T201
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main()
