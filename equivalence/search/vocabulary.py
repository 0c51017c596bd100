"""Words as people use them in this field: what a text comes down to before it is looked up, and what means the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from equivalence.search.symptoms import SEEN

#: Words that say nothing of what is meant, wherever they stand.
EMPTY = frozenset(
    """a about after also am an and any are as at be been by
    can could did do does for from even few get gets got had has have how i if in
    into is it its like me my of on or please same should so some than that the their them then there these this to
    use used using very was we what when where which who why will with would you your""".split()
)
#: Words of questions about either library, which name nothing in it: they count for symptoms alone.
BETWEEN = frozenset(
    """convert converted conversion converting difference differences different differs differ equivalent equivalents
    alternative replacement counterpart analog analogue keras keras2 keras3 tf tensorflow torch pytorch port
    ported porting same identical input inputs tensor tensors version versions vs versus instead function layer
    layers module class method way recreate recreating comparable compared significant significantly implement
    implementation implemented reproduce reproducing rewrite translate translation migrate migrating work works
    write writing results result wrong model network code want need official available default""".split()
)
#: Words that are names too, and mostly mean something else.
EVERYDAY = (
    EMPTY
    | BETWEEN
    | frozenset(
        """activation activations add attention average data dot embed evaluate fit hashing identity input inputs lambda
    map mask max maximum mean metric min minimum model multiply none normalization norm pad pipeline precision recall
    sequential sum training view wrapper zeros ones constant loss accuracy""".split()
    )
)
#: What one word or abbreviation stands for in this field: both are looked for. A line is a word and what it means.
MEANT = dict(
    line.split(None, 1)
    for line in """
acc accuracy
activations activation
affine dense linear
atrous dilation dilated
attn attention
average mean
averages average mean
averaging average mean
avg average
avgpool average pooling
batchnorm batch normalization
bce binary crossentropy
bi bidirectional
bidir bidirectional
bigru bidirectional gru
bilstm bidirectional lstm
bins discretization
blur gaussian blur
bn batch normalization
brighten brightness
bucketize discretization
buckets discretization
cat concatenate
cce categorical crossentropy
ce crossentropy
channelwise depthwise
channels channel
checkpoint weights
clamp clip
clipping clip
concat concatenate
conv convolution
convolutional convolution
convtranspose transposed convolution
crop cropping
cumulative running
cutout erasing
deconv transposed convolution
deconvolution transposed convolution
det determinant
determinant det
dilated dilation
downsample pooling resize
dwconv depthwise convolution
elementwise multiply add
embeddings embedding
enlarge upsampling resize
entropy crossentropy
erase erasing
fc fully connected dense
gap global average pooling
gmp global max pooling
gn group normalization
grad gradient
gray grey grayscale
groupnorm group normalization
h5 weights
hash hashing
hdf5 h5 weights
innerproduct dense
instancenorm instance normalization
integer whole number sparse
integers whole number
interpolate resize upsampling
interpolation resize upsampling
inverse inv
join concatenate
kaiming he
kl divergence
largest maximum max
layernorm layer normalization
ln layer normalization
logsoftmax log softmax
lr learning rate
mae mean absolute error
maximum max
maxpool max pooling
mha multi head attention
minimum min
mirror flip
mlp dense
momentum momentum
mse mean squared error
multiplication multiply product matmul
neuron unit
neurons units
norm normalization
normalisation normalization
normalise normalization
normalize normalization
oov unknown vocabulary
opt optimizer
pad padding
params parameters weights
patch patches
perceptron dense
pool pooling
pth weights
reg regularizer
regression mean squared error
regularisation regularizer
regularization regularizer
rescale rescaling
rescales rescaling
rnn recurrent
rotate rotation
scce sparse categorical crossentropy
sdpa dot product attention
sentence sequence
sentences sequence
sepconv separable convolution
seq sequence
sharpen sharpness
shrink resize pooling
sigmoidal sigmoid
smallest minimum min
smoothing smooth
stack concatenate stack
std deviation
stdev deviation
swap exchange permute
tied reversible embedding
timestep time step
timesteps time steps
tokenize text vectorization
tokens text
tokenizer text vectorization
transformer attention
unfold patches
upconv transposed convolution
upconvolution transposed convolution upsampling
fourier fft
upsample upsampling
val validation
variance deviation
vectors vector
view reshape
vocab vocabulary
weights weight
xavier glorot
zeropad zero padding
zoom zoom resize
""".strip().splitlines()
)
#: What several words stand for; looked for beside them.
PHRASES = dict(
    line.split(": ")
    for line in """
1x1 convolution: convolution kernel
255: rescaling pixels
exponential linear unit: elu
fast fourier: fft
gaussian error linear: gelu
k largest: top k
over all positions: global pooling
over the sequence: global pooling 1d
over time: global pooling 1d
rectified linear unit: relu
scaled exponential linear: selu
sigmoid linear: silu
up convolution: transposed convolution upsampling
absolute value: abs
along an axis: axis ops
both directions: bidirectional
check for nan: isnan
each frame: timedistributed step
change the shape: reshape
cumulative product: cumprod
cumulative sum: cumsum
cut away: cropping
sum of exponentials: logsumexp
cut off: cropping
flash attention: dot product attention multi head
index of the largest: argmax
index of the maximum: argmax
into a vector: flatten
position of the maximum: argmax
root mean square norm: rms normalization
zero mean: normalization standardise
bag of words: category encoding multi hot
batch size: batch
color channel: channels image
does not learn: loss stuck
drop channels: spatial dropout
drop feature maps: spatial dropout
each channel: channel whole image
each timestep: timedistributed step
element wise product: multiply
element wise sum: add
every time step: timedistributed step
every timestep: timedistributed step
feature map: channel image
feature maps: channel image
fractionally strided: transposed convolution
fully connected: dense linear
gated recurrent: gru
global average: globalaveragepooling
height and width: whole image global pooling channel
inner product: dense linear
linear layer: dense linear
linear projection: dense linear
lookup table: embedding vector
look up: lookup
multi layer perceptron: dense linear
nearest neighbor: nearest upsampling resize
nearest neighbour: nearest upsampling resize
one hot: onehot one hot
parametric relu: prelu
per channel: channel
pixel shuffle: depth to space
rectified linear: relu
residual connection: add merge
same padding: convolution same stride strided
texts to sequences: text vectorization
image data generator: image dataset directory augmentation random
early stop: early stopping
gradient clipping: clipnorm clipvalue
grad clip: clipnorm clipvalue
self attention: multi head attention
short term memory: lstm
skip connection: add merge
spatial average: global average pooling
spatial dimensions: whole image global pooling
square root: sqrt
standard deviation: std
sub pixel: depth to space
test time: inference eval
time step: timedistributed step sequence
time steps: timedistributed step sequence
token ids: embedding vector
weight tying: reversible embedding
word embeddings: embedding
word vectors: embedding vector
""".strip().splitlines()
)
_CAMEL = re.compile(r"\b[A-Za-z]\d\b|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+[dD]?\b|\d+")
#: Chinese, which puts no spaces between words; compiled where there is some, as that takes long.
_TOGETHER = "[㐀-鿿]+"
#: Names of libraries that are one word, whatever letters of them are large.
_LIBRARIES = ("PyTorch", "TensorFlow", "NumPy")


def words(text: str) -> list[str]:
    """The words of a text or of names in it, in lower case: of `GlobalAvgPool2D` global, avg, pool, 2d."""
    found = _split(text)
    for run in () if text.isascii() else re.findall(_TOGETHER, text):
        found += [run[place : place + 2] for place in range(max(1, len(run) - 1))]
    return [part for part in found if part not in EMPTY and len(part) > 1 and not part.isdigit()]


def spelled_out(name: str) -> str:
    """A name with its abbreviations as the words that they stand for: `GMP1D` as globalmaxpooling1d."""
    return "".join(MEANT.get(word, word).replace(" ", "") for word in words(name))


def meanings(found: Iterable[str], symptoms: bool = False) -> Iterator[str]:
    """What words stand for; also where they say what somebody sees, if asked for."""
    for word in found:
        yield from MEANT.get(word, "").split()
        if symptoms:
            yield from SEEN.get(word, "").split()


def _split(text: str) -> list[str]:
    """All words of a text or of names in it, in lower case."""
    for name in _LIBRARIES:
        text = text.replace(name, name.lower())
    return [part.lower() for part in _CAMEL.findall(text)]


def phrases(text: str) -> Iterator[str]:
    """What the phrases of a text stand for, word by word."""
    spaced = f" {' '.join(_split(text))} "
    for phrase, meant in PHRASES.items():
        if f" {phrase} " in spaced:
            yield from meant.split()
