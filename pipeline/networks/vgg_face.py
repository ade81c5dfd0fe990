"""The VGG-Face layout for small grey faces.

Thirteen 3x3 convolutions in five blocks of 2, 2, 3, 3, 3, as in Parkhi, Vedaldi and Zisserman, "Deep Face
Recognition" (BMVC 2015, table 3, network A), scaled for 48-pixel input: a factor on the widths, batch normalisation
after each convolution, and global average pooling in place of the last max pooling and the three dense layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import EXPRESSIONS

if TYPE_CHECKING:
    import keras

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Filters and convolutions of each block at full width."""


def build(
    *,
    width: float = 0.5,
    votes: int = 0,
    labels: bool = False,
    reading: int = 0,
    reading_blocks: int = 1,
    hidden: int = 0,
    head: str = "expression",
    dropout: float = 0.4,
    training: bool = False,
) -> keras.Model:
    """Build the network.

    Args:
        width: factor on the filters of every block.
        votes: outputs of an auxiliary head for crowd votes (FER+ has 8); 0 for none.
        labels: there is a head for a data set's own labels, where the first one learns what a crowd says.
        reading: 1 (or True) for a head that says what can be read: logits of readable, and of a face at all; above that
            it has so many hidden units. It is learned on the features of a finished network, so training leaves it out.
        reading_blocks: the last blocks whose mean features that head stands on, 1 to 5; see `read_features`.
        hidden: hidden units of the head for expressions; 0 for none.
        head: which head of seven answers outside of training, `expression` or `labels`; `all` for both, in this order.
        dropout: share of pooled features dropped before the heads while training.
        training: keep dropout and the auxiliary heads.

    Returns:
        float32 (N, S, S, 1), standardised grey faces → logits (N, 7), and with a reading head also (N, 2). In training
        (N, 7), then (N, votes) and (N, 7) of the labels where there are such heads. Any S of 32 pixels or more will do.
    """
    import keras

    from .layers import BatchNormalization

    layers = keras.layers
    # Behind batch normalisation the scale of a kernel only sets how fast it turns: small kernels learn sooner.
    kernel = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    x = inputs = keras.Input((None, None, 1), name="face")
    ends = []
    for block, (filters, convolutions) in enumerate(BLOCKS, 1):
        for convolution in range(1, convolutions + 1):
            name = f"block{block}_conv{convolution}"
            x = layers.Conv2D(
                round(filters * width), 3, padding="same", use_bias=False, kernel_initializer=kernel, name=name
            )(x)
            x = BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
            x = layers.ReLU(name=f"{name}_relu")(x)
        ends.append(x)
        if block < len(BLOCKS):
            x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="pooled")(x)
    if training and dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    seven = len(EXPRESSIONS)
    shapes = {
        "expression": (seven, hidden),
        "votes": (votes, 0),
        "labels": (seven if labels else 0, 0),
        "reading": (2 if reading else 0, reading if reading > 1 else 0),
    }
    answering = ("expression", "labels") if head == "all" else (head,)
    wanted = ("expression", "votes", "labels") if training else (*answering, "reading")
    heads = [_answer(x, name, *shapes[name]) for name in wanted if shapes[name][0] and name != "reading"]
    if "reading" in wanted and reading:
        heads.append(_answer(_means_of(ends[-reading_blocks:-1], x), "reading", *shapes["reading"]))
    return keras.Model(inputs, heads if len(heads) > 1 else heads[0], name="vgg_face")


def read_features(network: keras.Model, blocks: int) -> keras.KerasTensor:
    """What a head for reading stands on: mean features of the last blocks, (N, F), those of earlier ones first.

    The last block alone has learned to tell expressions whatever the picture is like: that a face is blurred or tiny is
    said more plainly by the block before.
    """
    ends = [
        network.get_layer(f"block{block}_conv{convolutions}_relu").output
        for block, (_, convolutions) in enumerate(BLOCKS, 1)
    ]
    return _means_of(ends[-blocks:-1], network.get_layer("pooled").output)


def _means_of(ends: list[keras.KerasTensor], pooled: keras.KerasTensor) -> keras.KerasTensor:
    """The means of earlier blocks' features, and those of the last one."""
    import keras

    if not ends:
        return pooled
    means = [keras.layers.GlobalAveragePooling2D(name=f"pooled_{at}_before")(end) for at, end in enumerate(ends, 1)]
    return keras.layers.Concatenate(name="read_features")([*means, pooled])


def _answer(features: keras.KerasTensor, name: str, outputs: int, units: int) -> keras.KerasTensor:
    """Logits (N, outputs) from the pooled features, by way of so many hidden units if there are any."""
    import keras

    if units:
        hidden = keras.layers.Dense(units, "relu", kernel_initializer="he_uniform", name=f"{name}_hidden")
        features = hidden(features)
    kernel = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    return keras.layers.Dense(outputs, kernel_initializer=kernel, name=name)(features)
