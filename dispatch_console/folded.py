"""Models of which names are looked for: what is compared stands folded beside them, however a row is written."""

from django.db import models, transaction

from .folding import fold

BATCH = 2000


class FoldedQuerySet(models.QuerySet):
    def holding(self, words, *more):
        """Those whose folded fields hold every one of the words; `more` are paths to others', of which any may."""
        for word in filter(None, map(fold, words.split())):
            condition = models.Q()
            for path in ("search_text", *more):
                condition |= models.Q(**{f"{path}__contains": word})
            self = self.filter(condition)
        return self

    def bulk_create(self, rows, *args, **options):
        rows = list(rows)
        for row in rows:
            row.fold()
        return super().bulk_create(rows, *args, **options)

    def bulk_update(self, rows, fields, *args, **options):
        rows = list(rows)
        for row in rows:
            row.fold()
        return super().bulk_update(rows, {*fields, "search_text"}, *args, **options)

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
    """Say in FOLDED which fields are looked for. Their texts stand in `search_text` as they are compared."""

    FOLDED = ()

    search_text = models.TextField(blank=True, default="", editable=False)

    class Meta:
        abstract = True

    def save(self, *args, update_fields=None, **options):
        if update_fields is None or {*self.FOLDED} & {*update_fields}:
            self.fold()
            update_fields = update_fields and {*update_fields, "search_text"}
        super().save(*args, update_fields=update_fields, **options)

    def fold(self):
        self.search_text = fold("\n".join(getattr(self, field) for field in self.FOLDED))
