from threading import BoundedSemaphore

from django.db.backends.postgresql import base

from ..places import place_lent

# So many lend their place meanwhile: each holds a connection, and where the disk stands still the pool must have some
# left for those who read.
COMMITTING = 8
_committing = BoundedSemaphore(COMMITTING)


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL as Django speaks to it. Who waits for a connection lets others work meanwhile.

    With PostgreSQL away, those who have a place would otherwise wait in vain one after the other, and the last of
    those in line would be told so after all of them.
    """

    def get_new_connection(self, conn_params):
        with place_lent():
            return super().get_new_connection(conn_params)

    def _commit(self):
        # It waits for the disk, and others can compute meanwhile.
        if not _committing.acquire(blocking=False):
            return super()._commit()
        try:
            with place_lent():
                return super()._commit()
        finally:
            _committing.release()
