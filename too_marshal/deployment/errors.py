"""What is wrong with a deployment, said to the person who runs it."""


class OperatorError(Exception):
    """Its message is one sentence for the person at the terminal, who can do something about it.

    The command line catches it alone, so that it need not import whatever may raise one.
    """
