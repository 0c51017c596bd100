"""Words of every day that mean the same in a question: a line each, looked for beside what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

#: Groups of words that stand for each other. A word may be in several.
GROUPS = tuple(
    line.split()
    for line in """
accuracy precision score
adapt adjust tune
add sum plus total
audio sound speech waveform signal
axis dimension axes
backward backwards reverse reversed
batch minibatch
best highest top
bin bucket interval group
blend mix mixed
both two
brightness lighter darker brighter dim
cap limit clip clamp bound restrict constrain
centre center middle
chance probability likelihood
change convert turn transform
class category label tag
close equal same similar
coin bernoulli binomial
colour color rgb
compare equal close
concatenate concat join merge combine glue fuse
constant fixed
continue resume restart
copy repeat duplicate tile
count number
crop cut trim
delete remove drop discard
detach stop gradient
diagram plot draw visualise visualize picture
difference subtract minus
directory folder
distance similarity
distinct unique
divide quotient ratio
double twice
downsample shrink reduce halve half smaller subsample
draw sample
embedding vector representation
encoder decoder
end stop halt finish terminate abort
enlarge upsample upscale magnify double bigger
error mistake
exchange swap permute reorder transpose
extract cut pick
fill replace set
film video clip frame frames
flat plateau stagnate stall
flip mirror reflect
forecast predict
fraction share proportion percent percentage
freeze frozen untrainable
gather take pick select choose
gaussian normal
grow increase rise
height width spatial
hide mask masked ignore skip
hole erase cutout
image picture photo photograph img frame
infinite inf infinity
interpolate resize scale
interruption crash killed
jitter noise
keep save store
kernel filter weight
largest biggest maximum max highest strongest greatest
last final
layer module
learned trainable learnable trained
length norm magnitude
linear dense
list sequence
lower decrease decay reduce
mean average
memory state
miss missed overlooked
move shift translate
multiply product times
neighbour neighbor nearest
neuron unit
new own custom
nothing unchanged identity
number integer numeric
one single
order sort rank
outlier robust
parameter weight
patch tile window
penalty penalise punish regularise regularize
picture image
pixel image
pool pooling
progress improve improvement
punish penalty
random randomly stochastic
rate probability
read load
recurrent rnn
regression predict number value
residual shortcut skip
rotate turn spin rotation
row column
schedule decay
series sequence temporal
share tie tied
single one
size shape
slope negative
small tiny light
smallest minimum min lowest least
smooth blur
square squared
stack several multilayer
step timestep time
string word text
table lookup
teacher distillation
tensor array matrix
time temporal step sequence
token word id
tolerance close
triangle triangular
true right correct
type dtype
value number
vector array
vocabulary dictionary
volume voxel 3d
warp distort deform
wave sound signal
whole entire all
window kernel
wrong false incorrect
zero zeros zeroes
zoom scale
""".strip().splitlines()
)
WORDS = frozenset(word for group in GROUPS for word in group)


def others(words: Iterable[str], stems: Callable[[str], frozenset[str]]) -> dict[str, list[str]]:
    """By word, the words that may stand for it. `stems` tells two forms of a word to be one."""
    words = list(words)
    begun = {word[:2] for word in words}  # no stem begins otherwise than its word
    groups: dict[str, list[str]] = {}
    for group in GROUPS:
        for word in group:
            if word[:2] not in begun:
                continue
            for stem in stems(word):
                groups.setdefault(stem, []).extend(other for other in group if other != word)
    return {word: [other for stem in stems(word) for other in groups.get(stem, ())] for word in words}
