"""Places on a map: by a geo: link, which phones open in their own, and on the web, which every browser can open."""

from urllib.parse import quote

from django.conf import settings


def geo_link(place: str) -> str:
    return f"geo:0,0?q={quote(place)}"


def map_url(place: str) -> str:
    """The address of the map that the company has chosen, for an address or coordinates."""
    return settings.MAP_URL.replace("{query}", quote(place, safe=""))


def place_of(order) -> str:
    """The drop-off as maps understand it: their regions are not ours."""
    parts = [order.dropoff_street, f"{order.dropoff_postcode} {order.dropoff_city}".strip(), order.dropoff_country]
    return ", ".join(part for part in parts if part)
