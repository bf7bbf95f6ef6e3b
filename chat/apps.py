from django.apps import AppConfig
from django.db.models.signals import post_migrate

from dispatch_console.trigrams import make_indexes
from orders.news import changed


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self):
        # The last of the apps that have tables: those of the others are there by then.
        post_migrate.connect(make_indexes, sender=self)

        from .broadcasts import orders_changed

        changed.connect(orders_changed)
