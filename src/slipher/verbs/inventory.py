"""What slipher offers."""

from slipher.verbs.answer import Answer

__all__ = ["list_"]


def list_() -> Answer:
    """Networks with their parameters, methods, constraints with their options, presets."""
    from slipher.study.inventory import inventory
    from slipher.text import inventory_text

    document = inventory()
    return Answer(inventory_text(document), document)
