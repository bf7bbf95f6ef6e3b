"""Queries that are built once and asked often.

For a query over several tables Django takes several times as long to make the SQL as the database to answer. Where each
poll, each handshake and each message of everybody asks the same one, the SQL is kept, and only its values are new.
"""

from copy import copy

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Expression, IntegerField
from django.utils.functional import cached_property


class Given(Expression):
    """In a prepared query, the value that it is given by this name each time that it is asked."""

    def __init__(self, name, output_field):
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler, connection):
        return "%s", [self]

    def value(self, given, connection):
        """What is sent to the database. Raises EmptyResultSet for a number that no row can have."""
        value = given[self.name]
        if isinstance(self.output_field, IntegerField) and value is not None:
            least, most = connection.ops.integer_field_range(self.output_field.get_internal_type())
            if not least <= value <= most:
                raise EmptyResultSet
        return self.output_field.get_db_prep_value(value, connection)


class Prepared:
    """A queryset whose SQL is kept. `build` makes it, with a Given for each value that is not always the same.

    That goes for whatever decides about its rows: a setting and the time as well.
    """

    def __init__(self, build):
        self.build = build

    def first(self, **given):
        """The first of its rows for these values, or None."""
        return next(iter(self.all(**given)), None)

    def get(self, **given):
        """The only one of its rows for these values. Raises the model's DoesNotExist."""
        found = self.first(**given)
        if found is None:
            raise self.compiled[0].model.DoesNotExist
        return found

    def all(self, **given):
        """Its rows for these values. A list: a queryset made from this one would keep its SQL, whatever it adds."""
        queryset, compiler, sql, params = self.compiled
        connection = connections[queryset.db]

        def filled(*args, **kwargs):
            return sql, [param.value(given, connection) if isinstance(param, Given) else param for param in params]

        # The rows are made by Django as always, by a compiler that has its SQL already.
        ours = copy(compiler)
        ours.connection, ours.as_sql = connection, filled
        queryset = queryset.all()
        queryset.query.get_compiler = lambda *args, **kwargs: ours
        return list(queryset)

    @cached_property
    def compiled(self):
        queryset = self.build()
        compiler = queryset.query.get_compiler(using=queryset.db)
        return queryset, compiler, *compiler.as_sql()
