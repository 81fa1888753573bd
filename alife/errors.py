"""The one exception that a user is meant to read. All three packages raise it, and the command catches it."""


class UserError(Exception):
    """Something the user can mend. Its text is one line: what is wrong, and what to do.

    The command prints that line and exits with code 2; anything else that escapes is a fault of the program.
    """


class Unfit(UserError):
    """This machine will not do for what it was asked; another machine of the same cluster may."""
