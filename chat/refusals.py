"""What an action may refuse, each with a sentence for whoever asked, in the language of who is answered."""

from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """Something that cannot be done, with a sentence that says why and what to do."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class NoCustomer(Refused):
    pass


class PersonInactive(Refused):
    pass


class OtherChatOpen(Refused):
    """The conversation is closed and its order has another one, which is open: `conversation`."""

    def __init__(self, conversation):
        super().__init__(_("This chat is closed, and its order has a newer one. Write there."))
        self.conversation = conversation


class KeyReused(Refused):
    def __init__(self):
        super().__init__(_("This message was already sent with another text."))


class NothingToReplyTo(Refused):
    REASON = _("The message that you reply to is not in this chat. Send yours without the quote.")

    def __init__(self, reason=REASON):
        super().__init__(reason)


class ReplyToDeleted(NothingToReplyTo):
    def __init__(self):
        super().__init__(_("The message that you reply to was deleted. Send yours without the quote."))


class TooLate(Refused):
    def __init__(self):
        super().__init__(_("A message can be changed or deleted for 15 minutes. Write a new one."))


class MessageDeleted(Refused):
    def __init__(self):
        super().__init__(_("This message was deleted."))


class ChatClosed(Refused):
    def __init__(self):
        super().__init__(_("This chat is closed. Write a new message, which opens it again."))


class ChangedMeanwhile(Refused):
    def __init__(self):
        super().__init__(_("This message was changed in another window. Look at what it says now, and save again."))


class TooManyEdits(Refused):
    def __init__(self):
        super().__init__(_("This message was changed too often. Write a new one."))


class OnItsWay(Refused):
    def __init__(self):
        super().__init__("It is on its way already.")


class LinkToClosedChat(Refused):
    def __init__(self):
        super().__init__("This chat is closed. Open it again, then send the link.")


class NameTaken(Refused):
    def __init__(self, name):
        super().__init__(_("There is a quick reply “%(name)s” already. Give this one another name.") % {"name": name})


class TooManyMessages(Refused):
    """More than anybody writes: `retry_after` is in seconds."""

    retry_after = 60

    def __init__(self):
        super().__init__(_("Too many messages in a minute. Wait a little and send it again."))
