"""What somebody says who sees something wrong, and what messages of errors say: guides answer those."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Other words for what somebody sees: looked for in the wordings of symptoms alone.
SEEN = dict(
    line.split(None, 1)
    for line in """
agree match same
agrees match same
again call
answers output predictions
answer output prediction
bad worse lower
blows explodes diverges
calling call
calls call
collapse garbage
degraded worse lower
deviate differ
deviates differ
deviation difference
diverges nan explodes
explode nan explodes
explodes nan
equal same match
fluctuate random
forecasts predictions
gap lower worse
garbage wrong
identical same
inconsistent different
inf nan
infinity nan
label class
learn converge learn
learns learn converge
less lower
match same
moved shifted
nans nan
net network model
nondeterministic random different
numbers output results
offset shifted
off wrong different
performance accuracy
poor worse lower
predictions output
predicts predictions predict
precision accuracy
score accuracy
slow slower
speed slower
stochastic random
terrible worse bad
twice call factor
unequal differ match
unstable nan
varies changes
vary changes
worse lower
""".strip().splitlines()
)
_WORDS = frozenset(
    """accuracy agree agrees although bad badly become becomes becoming became below bigger blows break breaks breaking
    broken but can't cant cannot changed changes changing converge converges crash crashes depend depends
    deterministic differ differs differed different difference differences differently disagree disagrees don't
    dont doesn't doesnt drift drifts dropped drops error fail fails failed failure fell gap garbage higher
    ignores ignored inconsistent incorrect inf infinity inverted larger lower match matches mismatch mismatched
    moved nan nans never nonsense nondeterministic off poor poorly problem rubbish seems shifted slower slightly
    smaller strange stronger stuck suboptimal suddenly swapped terrible twice unequal unstable vary varies
    weaker weird why worse wrong""".split()
)
_BEGINNINGS = tuple("collaps degrad deviat diverg explod fluctuat reproduc unexpected".split())
#: Several words in a row. "_": any word, "a/b": one of the two, "a*": and whatever it ends in.
_PHRASES = tuple(
    tuple(part.split("/") for part in line.split())
    for line in """
after _ conver*/port*/switch*/load*/copy*/migrat*/transfer*/mov*
after conver*/port*/switch*/load*/copy*/migrat*/transfer*/mov*
always say/says/predict/predicts/answer/answers
always the same
better/less/more than
can not
output/outputs/prediction/predictions/result/results/answer/answers change
change the/its/my result/output/prediction
do/does/did not
each/every time
get/gets the same
go/goes to
go/goes/went up/down
identical _ but
identical but
instead of
is/are not
need/needs many more
need/needs _ more
need/needs more
no longer
no/non/not sense
not equal
not the same
other result/results/output/outputs/answer/answers/number/numbers/value/values/prediction/predictions
same _ but/other/different
something else
too _
""".strip().splitlines()
)


def symptoms(text: str) -> int:
    """How many words or phrases of a text say what somebody sees. A word of a phrase counts for it alone."""
    words = re.findall(r"\w+(?:'\w+)?", text.lower().replace("’", "'"))
    place = found = 0
    while place < len(words):
        length = _symptom(words, place)
        found += bool(length)
        place += length or 1
    return found


def _symptom(words: list[str], place: int) -> int:
    """How many words are a symptom that begins at that place; 0 where none does."""
    for phrase in _PHRASES:
        row = words[place : place + len(phrase)]
        if len(row) == len(phrase) and all(map(_is_one_of, row, phrase)):
            return len(phrase)
    return int(words[place] in _WORDS or words[place].startswith(_BEGINNINGS))


def _is_one_of(word: str, allowed: Sequence[str]) -> bool:
    return any(word == each or each == "_" or (each[-1] == "*" and word.startswith(each[:-1])) for each in allowed)
