from datetime import timedelta
from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone


class MessageFileQuerySet(models.QuerySet):
    def due(self):
        """Those that belong to no message and may be erased: deleted, or left over from what was never sent."""
        overdue = Q(kept_until__isnull=True) | Q(kept_until__lte=timezone.now())
        return self.filter(overdue, message__isnull=True)

    def uploaded_by(self, person, since):
        return self.filter(uploader=person, uploaded_at__gt=since)

    def room(self):
        """The bytes that all of these take."""
        return self.aggregate(room=Sum("size") + Sum("thumbnail_size"))["room"] or 0


class MessageFile(models.Model):
    """A photo or document of a message, as everybody gets it: made anew from what was uploaded, which is not kept.

    It is stored before its message is, and belongs to nobody until then. Where that does not come, or when the message
    is deleted, it is erased: first the objects in the storage and then the row, so that nothing is left without one.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", "Photo"
        PDF = "pdf", "PDF"

    NAME_LIMIT = 200
    # So many come with one message.
    PER_MESSAGE = 5
    # Bytes of what is uploaded, and pixels of a picture, before it is made smaller.
    SIZE_LIMIT = 15 * 1024 * 1024
    PIXEL_LIMIT = 50_000_000
    # So long the files of a message that is never stored are kept.
    PENDING = timedelta(hours=24)

    CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".pdf": "application/pdf"}

    message = models.ForeignKey("Message", on_delete=models.SET_NULL, related_name="files", null=True, blank=True)
    # Its place among the files of its message, from 0.
    place = models.PositiveSmallIntegerField(default=0)
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    # Of what was uploaded: its name, with the ending of what became of it, its SHA-256 in hex, and its bytes.
    name = models.CharField(max_length=NAME_LIMIT)
    digest = models.CharField(max_length=64, editable=False)
    uploaded_size = models.PositiveIntegerField(editable=False)
    # Of what is stored: bytes, and the pixels of a picture.
    kind = models.CharField(max_length=5, choices=Kind)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    thumbnail_size = models.PositiveIntegerField(default=0)
    thumbnail_width = models.PositiveIntegerField(default=0)
    thumbnail_height = models.PositiveIntegerField(default=0)
    # Where it is in the storage: random names, whose endings say what it is. A PDF has no thumbnail.
    stored_as = models.CharField(max_length=80, unique=True, editable=False)
    thumbnail_as = models.CharField(max_length=80, blank=True, editable=False)
    # Without a message: until when it waits for one. None when it had one: it may be erased.
    kept_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects = MessageFileQuerySet.as_manager()

    class Meta:
        verbose_name = "file"
        ordering = ["place", "id"]
        constraints = [
            models.UniqueConstraint(fields=["message", "place"], name="one_file_at_a_place"),
        ]
        indexes = [
            models.Index(fields=["uploader", "uploaded_at"], name="file_by_uploader"),
            models.Index(fields=["kept_until"], condition=Q(message__isnull=True), name="file_to_erase"),
        ]

    def __str__(self):
        return self.name

    @property
    def is_image(self):
        return self.kind == self.Kind.IMAGE

    @property
    def content_type(self):
        return self.CONTENT_TYPES[PurePath(self.stored_as).suffix]

    @property
    def thumbnail_type(self):
        return self.CONTENT_TYPES[PurePath(self.thumbnail_as).suffix]

    @property
    def objects_stored(self):
        """The names of what is in the storage."""
        return [name for name in (self.stored_as, self.thumbnail_as) if name]
