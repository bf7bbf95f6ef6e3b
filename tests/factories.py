"""The people and orders of the tests. Names from the same places as real ones."""

import factory

from accounts.models import User
from orders.models import Order


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    role = User.Role.CUSTOMER
    name = factory.Sequence(lambda n: f"Person {n}")
    reference = factory.Sequence(lambda n: f"P{n}")
    phone = factory.Sequence(lambda n: f"(206) 555-{n:04}")


class TeamFactory(UserFactory):
    role = User.Role.DISPATCHER
    username = factory.Sequence(lambda n: f"team{n}")


class OrderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Order

    reference = factory.Sequence(lambda n: str(20000 + n))
    status = Order.Status.IN_TRANSIT
    customer = factory.SubFactory(UserFactory, role=User.Role.CUSTOMER)
    driver = factory.SubFactory(UserFactory, role=User.Role.DRIVER)
    dropoff_city = "Boise"
    dropoff_country = "USA"
