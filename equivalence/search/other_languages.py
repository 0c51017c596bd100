"""Questions in German and in Chinese, or half in English: their words in English, as a question is looked up in it."""

from __future__ import annotations

import re

#: German words that say nothing of what is meant.
_NOTHING = frozenset(
    """als am auf aus bei beim das dem den der des die ein eine einem einen einer es für hat ich im ist kann man
    mein meine sich sind und vom von was werden wie wird zu zum zur""".split()
)
#: German, a line each: how a word begins, and what it means. A compound is read by its parts, an ending is let go.
_GERMAN = dict(
    line.split(None, 1)
    for line in """
abbrech stop
abhäng depends
abweich deviates
abzieh subtract
addier add
ähnlichkeit similarity
aktivierung activation
änder changes
anderes different
andere different
anwend apply
anzahl number
auffüll pad
aufmerksamkeit attention
aufruf call
aufteil split
aufzeichn log
ausgabe output
ausgang output
auslass dropout
ausschneid crop
auswert evaluate
beispiel sample
berechn compute
bericht log
besser better
beste best
bild image
breite width
daten data
dicht dense
drehung rotation
drehen rotate
durchschnitt average
eigene custom
einbettung embedding
einfrier freeze
eingabe input
eingang input
einteil split
einzel single
entspricht equivalent
entsprech equivalent
epoche epoch
ergebnis result
ersetz replace
faltung convolution
farb color
fehler error
fenster window
folge sequence
fortsetz resume
früh early
funktion function
gedächtnis memory
gefaltet convolution
genauigkeit accuracy
gewicht weight
glätt smoothing
gleich same
gradient gradient
größe size
größt maximum
heißt called
hinzufüg add
hochskalier upsampling
höhe height
ignorier ignore
immer always
jedem each
jeden each
jeder each
jedes each
kachel tile
kanal channel
kanäl channel
kein no
keine no
klasse class
kleinst minimum
konvertier conversion
kopier copy
kreuzentropie crossentropy
kreuz cross
entropie entropy
lad load
langsam slower
laufend running
lern learning
letzt last
lösch delete
matrix matrix
maske mask
maskier mask
maximal max
mehr multi
merkmal feature
mit with
mittel mean
mittler mean
mittelwert mean
modell model
multiplizier multiply
nach after
netz network
neuron neuron
nicht not
normalisier normalization
normier normalization
nur only
oder or
optimier optimizer
pixel pixel
protokoll log
quadrat squared
quadratisch squared
rand border
rate rate
rauschen noise
reduzier reduce
regularisier regularizer
reihe sequence
rekurrent recurrent
rückwärt backward
schicht layer
schlecht worse
schritt step
schwell threshold
senk reduce
sink improve
skalier rescale
spalte column
speicher save
spiegel flip
sprach text
stapel batch
stopp stop
strafe penalty
summe sum
text text
tausch swap
teil part
trainier training
transponier transpose
über over
übersetz translate
übertrag transfer
umform reshape
umwandl convert
ungleich unequal
unterschied difference
unterschiedlich different
verlust loss
vergleich compare
verkett concatenate
verkleiner downsample
vergrößer enlarge
verschieb shift
verschoben shifted
verschieden different
verzerr distort
vorhersag prediction
vorverarbeit preprocessing
vorwärt forward
während during
wahrscheinlichkeit probability
warum why
wenn when
wert value
wiederhol repeat
wort word
wörter words
wurzel sqrt
zahl number
zeile row
abschneid clip
begrenz clip
zeit time
zeitreihe time series
zufall random
zufäll random
zuschneid crop
zurückgeb return
zusammenfass summary
zusammenfüg concatenate
zustand state
zuständ states
zwischen intermediate
""".strip().splitlines()
)
_WORD = r"[^\W\d_]{2,}"
_ENDINGS = frozenset(
    "e en er em es s n t te ten ung ungs ungen st lich liche et eten end ende nd se sen ig ige igen bildung".split()
) | {""}
_JOINTS = ("", "s", "n", "en", "es", "e", "ungs", "er")
#: Chinese, the longest first; what stands between them is left as it is.
_CHINESE = dict(
    line.split(None, 1)
    for line in """
交叉熵 crossentropy
二分类 binary classification
优化器 optimizer
保存 save
全局 global
全连接 fully connected
准确率 accuracy
出现 becomes
分类 classification
初始化 initializer weights
加载 load
区别 difference
卷积 convolution
参数 parameters
反卷积 transposed convolution
可分离 separable
同样 same
回调 callback
固定 fixed
填充 padding
多头 multi head
多标签 multi label
学习率 learning rate
对应 equivalent
层 layer
嵌入 embedding
差很多 much worse
效果 performance
换成 converted
原因 why
平均 average
序列 sequence
归一化 normalization
循环 recurrent
性能 performance
性能差异 performance worse
恢复 restore
批 batch
批量 batch
批归一化 batch normalization
拼接 concatenate
损失 loss
损失函数 loss
收敛 converges
效果差 worse accuracy
数据 data
数据增强 augmentation random
早停 early stopping
时间步 timestep
最后 last
最大 max
模型 model
正则化 regularizer
权重 weights
梯度 gradient
梯度裁剪 gradient clipping
池化 pooling
注意力 attention
深度 depthwise
激活 activation
激活函数 activation
特征图 feature map
矩阵 matrix
确定 deterministic
空洞 dilated
结果 results
结果不同 results different
结果不一样 results different
结果不一致 outputs do not match
维度 dimensions
缩放 rescale
自定义 custom
衰减 decay
裁剪 crop
训练 training
评估 evaluate
转换 convert
转换后 after conversion
转置 transpose
输入 input
输出 output
输出不同 outputs differ
输出不一致 outputs do not match
随机 random
随机种子 random seed
隐藏 hidden
预处理 preprocessing
预测 prediction
验证 validation
验证集 validation
双向 bidirectional
不同 different
不一样 different
不一致 do not match
不收敛 does not converge
下降 drops
变慢 slower
""".strip().splitlines()
)


def in_english(text: str) -> str:
    """A question with the German and Chinese words of it that are known in English; others stay."""
    german = {word: meant for word in re.findall(_WORD, text) if (meant := _of_german(word.lower()))}
    if german:
        german |= dict.fromkeys(_NOTHING, "")  # "was", "die" or "man" by themselves may as well be English
        text = re.sub(_WORD, lambda found: german.get(found[0], german.get(found[0].lower(), found[0])), text)
    if not text.isascii():
        for word in sorted(_CHINESE, key=len, reverse=True):
            text = text.replace(word, f" {_CHINESE[word]} ")
    return text


def _of_german(word: str) -> str:
    """What a German word means; "" of one that is not known, or is English as well."""
    meant = _simple(word)
    for end in range(len(word) - 4, 3, -1):
        if meant:
            break
        if last := _simple(word[end:]):
            first = next((found for joint in _JOINTS if (found := _before(word[:end], joint))), "")
            meant = f"{first} {last}" if first else ""
    return "" if word.removesuffix("s") == meant else meant


def _before(begun: str, joint: str) -> str:
    return _simple(begun.removesuffix(joint)) if begun.endswith(joint) else ""


def _simple(word: str) -> str:
    ends = (end for end in range(len(word), 2, -1) if word[end:] in _ENDINGS)
    return next((_GERMAN[word[:end]] for end in ends if word[:end] in _GERMAN), "")
