import asyncio

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg_pool import PoolTimeout


@require_safe
def healthz(request):
    """This process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request):
    """This process can reach its database and its channel layer; else 503, and which of them it cannot reach."""
    parts = {"database": _database_answers(), "channel_layer": _channel_layer_answers()}
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


@require_safe
def metrics(request):
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _database_answers():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, PoolTimeout):
        return False
    return True


@async_to_sync
async def _channel_layer_answers():
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(2):
            channel = await layer.new_channel()
            await layer.send(channel, {"type": "ready"})
            await layer.receive(channel)
    except (OSError, TimeoutError, ConnectionError):
        return False
    except Exception as error:
        # redis-py's errors derive from nothing common to both layers.
        if type(error).__module__.startswith("redis"):
            return False
        raise
    return True
