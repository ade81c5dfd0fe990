"""The VGG-Face layout for small grey faces.

Thirteen 3x3 convolutions in five blocks of 2, 2, 3, 3, 3, as in Parkhi, Vedaldi and Zisserman, "Deep Face
Recognition" (BMVC 2015, table 3, network A), scaled for 48-pixel input: a factor on the widths, batch normalisation
after each convolution, and global average pooling in place of the last max pooling and the three dense layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import EMOTIONS

if TYPE_CHECKING:
    import keras

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Filters and convolutions of each block at full width."""


def build(
    *,
    width: float = 0.5,
    votes: int = 0,
    labels: bool = False,
    dropout: float = 0.4,
    training: bool = False,
) -> keras.Model:
    """Build the network.

    Args:
        width: factor on the filters of every block.
        votes: outputs of an auxiliary head for crowd votes (FER+ has 8); 0 for none.
        labels: add a head for a data set's own labels, where the first one learns what a crowd says.
        dropout: share of pooled features dropped before the heads while training.
        training: keep dropout and the auxiliary heads.

    Returns:
        float32 (N, S, S, 1), standardised grey faces → logits (N, 7), and with auxiliary heads in training
        also (N, votes) and (N, 7) in this order. Any S of 32 pixels or more will do.
    """
    import keras

    from .layers import BatchNormalization

    layers = keras.layers
    # Behind batch normalisation the scale of a kernel only sets how fast it turns: small kernels learn sooner.
    kernel = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    x = inputs = keras.Input((None, None, 1), name="face")
    for block, (filters, convolutions) in enumerate(BLOCKS, 1):
        for convolution in range(1, convolutions + 1):
            name = f"block{block}_conv{convolution}"
            x = layers.Conv2D(
                round(filters * width), 3, padding="same", use_bias=False, kernel_initializer=kernel, name=name
            )(x)
            x = BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
            x = layers.ReLU(name=f"{name}_relu")(x)
        if block < len(BLOCKS):
            x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="pooled")(x)
    if training and dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    sizes = {"expression": len(EMOTIONS), "votes": votes, "labels": len(EMOTIONS) if labels else 0}
    heads = [
        layers.Dense(size, kernel_initializer=kernel, name=name)(x)
        for name, size in sizes.items()
        if size and (training or name == "expression")
    ]
    return keras.Model(inputs, heads if len(heads) > 1 else heads[0], name="vgg_face")
