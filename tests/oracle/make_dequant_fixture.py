#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random blocks of every format Strata reads, and what the `gguf` package makes of them, for tests/unit/format.

  make_dequant_fixture.py OUT

OUT repeats: u32 type id, u32 weights, u32 bytes, the blocks, the weights as f32; little endian.
"""
import struct
import sys

import gguf
import numpy
from gguf.quants import dequantize

# Format, byte offsets of the f16 scales within a block (they must be finite; every other bit pattern is allowed).
FORMATS = {"F32": [], "F16": [], "BF16": [], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82],
           "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
WEIGHTS = 2048
EXTREMES = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x3C00, 0xBC00, 0x7BFF]  # zeros, subnormals, one, the largest


def finite_f16(source, shape):
    bits = source.integers(0, 1 << 16, size=shape, dtype=numpy.uint16)
    return numpy.where((bits & 0x7C00) == 0x7C00, bits & 0xBFFF, bits)


def blocks_of(name, scales, source):
    kind = gguf.GGMLQuantizationType[name]
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    count = WEIGHTS // elements
    if name in ("F32", "BF16"):  # any finite value: keep the exponent off all ones
        words = source.integers(0, 1 << 16, size=(count, size // 2), dtype=numpy.uint16)
        words[:, -1] = numpy.where((words[:, -1] & 0x7F80) == 0x7F80, words[:, -1] & 0xBFFF, words[:, -1])
        return words.view(numpy.uint8)
    if name == "F16":
        return finite_f16(source, (count, 1)).view(numpy.uint8)
    blocks = source.integers(0, 256, size=(count, size), dtype=numpy.uint8)
    for offset in scales:
        words = finite_f16(source, count)
        words[: len(EXTREMES)] = EXTREMES[:count]
        source.shuffle(words)
        blocks[:, offset:offset + 2] = words.view(numpy.uint8).reshape(count, 2)
    return blocks


def main():
    source = numpy.random.default_rng(5)
    with open(sys.argv[1], "wb") as out:
        for name, scales in FORMATS.items():
            blocks = blocks_of(name, scales, source)
            kind = gguf.GGMLQuantizationType[name]
            plain = {"F32": numpy.float32, "F16": numpy.float16}.get(name)
            weights = (blocks.view(plain).astype(numpy.float32) if plain else dequantize(blocks, kind)).astype("<f4").reshape(-1)
            assert weights.size == WEIGHTS and numpy.isfinite(weights).all()
            out.write(struct.pack("<III", int(kind), WEIGHTS, blocks.size) + blocks.tobytes() + weights.tobytes())


if __name__ == "__main__":
    main()
