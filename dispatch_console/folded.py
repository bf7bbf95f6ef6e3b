"""Models of which names are looked for: what is compared stands folded beside them, however a row is written."""

from django.db import models, transaction

from .folding import fold

BATCH = 2000


class FoldedQuerySet(models.QuerySet):
    # What is called so many times is not looked up by its ids.
    COMMON = 2000

    def few_ids(self):
        """Their ids, or None where they are many."""
        found = tuple(self.order_by().values_list("pk", flat=True)[: self.COMMON])
        return found if len(found) < self.COMMON else None

    def bulk_create(self, rows, *args, **options):
        rows = list(rows)
        for row in rows:
            row.fold()
        return super().bulk_create(rows, *args, **options)

    def bulk_update(self, rows, fields, *args, **options):
        rows = list(rows)
        for row in rows:
            row.fold()
        return super().bulk_update(rows, {*fields, *self.model.COMPARED}, *args, **options)

    bulk_update.alters_data = True

    def update(self, **fields):
        if "search_text" in fields or not fields.keys() & {*self.model.FOLDED}:
            return super().update(**fields)
        with transaction.atomic(using=self.db):
            # Known before, since what is changed may be what they were found by.
            keys = list(self.values_list("pk", flat=True))
            count = super().update(**fields)
            for start in range(0, len(keys), BATCH):
                changed = self.model._base_manager.using(self.db).filter(pk__in=keys[start : start + BATCH])
                self.model.objects.using(self.db).bulk_update(changed, [], batch_size=200)
        return count

    update.alters_data = True


class Folded(models.Model):
    """Say in FOLDED which fields are looked for. Their texts stand in `search_text` as they are compared.

    What else fold() fills, COMPARED names too.
    """

    FOLDED = ()
    COMPARED = ("search_text",)

    search_text = models.TextField(blank=True, default="", editable=False)

    class Meta:
        abstract = True

    def save(self, *args, update_fields=None, **options):
        if update_fields is None or {*self.FOLDED} & {*update_fields}:
            self.fold()
            update_fields = update_fields and {*update_fields, *self.COMPARED}
        super().save(*args, update_fields=update_fields, **options)

    def fold(self):
        self.search_text = fold("\n".join(getattr(self, field) for field in self.FOLDED))
