from django.contrib.auth.backends import ModelBackend


class TeamBackend(ModelBackend):
    """Signs in the dispatch team, and nobody else. Asked again at every request: who is deactivated is out at once."""

    def user_can_authenticate(self, user):
        return super().user_can_authenticate(user) and user.is_team
