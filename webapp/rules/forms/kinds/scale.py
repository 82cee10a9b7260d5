"""How much, how well, how often: a scale with a word for every point."""

from webapp.rules.forms.form_definition import KindName
from webapp.rules.forms.kinds.choice import OneChoice

FEWEST_POINTS, MOST_POINTS = 3, 5


class Scale(OneChoice):
    """Radio buttons in the order of the form, from one end to the other: words, never numbers.

    A number means another thing to everybody, and nothing to a screen reader. `none` is an answer
    beside the scale ("I am not sure"); it stands apart, so that nobody takes it for a point.
    """

    name: KindName = "scale"
    widget = "answers/scale.html"
