"""Rating scale with a word for every point: how much, how well, how often (a Likert item)."""

from webapp.rules.forms.kinds.choice import OneChoice


class Scale(OneChoice):
    """Radio buttons in the order of the form, from one end to the other: words, never numbers.

    A number means another thing to every reader, and nothing to a screen reader. `none` is an answer
    beside the scale ("I am not sure"); it stands apart, so that it is not taken for a point.
    """

    name = "scale"
    takes_none = True
    takes_other = False
    points = (3, 5)
