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
    def __init__(self, with_files=False):
        text = _("This message was already sent with another text.")
        super().__init__(_("This message was already sent with another text or other files.") if with_files else text)


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


class NotToBeChanged(Refused):
    def __init__(self):
        super().__init__(_("A location cannot be changed. Delete it, and share it again from where you are."))


class MessageDeleted(Refused):
    def __init__(self):
        super().__init__(_("This message was deleted."))


class ChatClosed(Refused):
    def __init__(self):
        super().__init__(_("This chat is closed. Write a new message, which opens it again."))


class ReadOnly(Refused):
    """The link by which a guest came in is there to read."""

    def __init__(self):
        super().__init__(_("The order was delivered some days ago, and this chat can only be read now."))


class ChangedMeanwhile(Refused):
    def __init__(self):
        super().__init__(_("This message was changed in another window. Look at what it says now, and save again."))


class TooManyEdits(Refused):
    def __init__(self):
        super().__init__(_("This message was changed too often. Write a new one."))


class OnItsWay(Refused):
    def __init__(self):
        super().__init__(_("It is on its way already."))


class LinkToClosedChat(Refused):
    def __init__(self):
        super().__init__(_("This chat is closed. Open it again, then send the link."))


class NameTaken(Refused):
    def __init__(self, name):
        super().__init__(_("There is a quick reply “%(name)s” already. Give this one another name.") % {"name": name})


class AskedTooOften(Refused):
    """Once in a while is enough: `retry_after` is in seconds."""

    retry_after = 10 * 60

    def __init__(self):
        super().__init__(_("You asked a moment ago, and dispatch has answered. Look for a message, or ask later."))


class AnswerTaken(Refused):
    def __init__(self, text):
        super().__init__(_("There is an answer “%(text)s” already.") % {"text": text})


class TooManyMessages(Refused):
    """More than anybody writes: `retry_after` is in seconds."""

    retry_after = 60

    def __init__(self):
        super().__init__(_("Too many messages in a minute. Wait a little and send it again."))


class FilesRefused(Refused):
    """Files that are not taken, and so the message is not: `problems` says of each why, `fine` has the other names.

    `status` is what the answer has, `retry_after` the seconds after which the same may be tried again, if any.
    """

    retry_after = 0

    def __init__(self, reason="", *, status=422, problems=(), fine=()):
        super().__init__(reason)
        self.problems, self.fine = list(problems), list(fine)
        statuses = {problem.status for problem in problems} or {status}
        self.status = statuses.pop() if len(statuses) == 1 else 422


class TooManyFiles(FilesRefused):
    def __init__(self, count, limit):
        facts = {"limit": limit, "count": count}
        super().__init__(_("At most {limit} files come with one message. These are {count}.").format(**facts))


class TooMuchToday(FilesRefused):
    """More than one person may send in a day."""

    retry_after = 60 * 60

    def __init__(self, limit):
        sentence = _("Of files, {limit} can be sent in a day, and you have reached that. Send the text without them.")
        super().__init__(sentence.format(limit=limit), status=429)


class NoRoomForFiles(FilesRefused):
    def __init__(self):
        super().__init__(_("There is no room for files at the moment. Send the text without them."), status=507)


class FilesUnavailable(FilesRefused):
    """The storage does not answer, or pictures come faster than they are made."""

    retry_after = 10

    def __init__(self):
        super().__init__(_("Files cannot be taken at the moment. Try again soon, or send the text alone."), status=503)
