"""Sixteen float32 numbers at a time, and products of matrices held in registers, for numba's functions.

LLVM turns one vector of sixteen into as many of the processor's as it takes: one of AVX-512, two of AVX2,
four of NEON. A value lies at an address, in bytes, as a C programmer would write it; nothing is checked.

Every product and sum is fused as it stands here, never as a compiler likes: the same bits come out for a
row alone and among others.
"""

from __future__ import annotations

import operator
import platform
from typing import Any

from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

__all__ = [
    "FUSES",
    "LANES",
    "at_least",
    "at_most",
    "load",
    "load_one",
    "multiply_add",
    "product",
    "product_of_row",
    "splat",
    "store",
    "store_one",
    "where_positive",
]

LANES = 16
_FEATURES = binding.get_host_cpu_features()
# A processor that multiplies and adds in one instruction; without it each would be a call of the C library.
FUSES = bool(_FEATURES.get("fma")) or platform.machine().lower() in ("arm64", "aarch64")
# Rows of a product that are computed together. Sums, a vector of the right side and a number of the left
# fill the registers: 16 of half a vector with AVX2, 32 of a whole one with AVX-512 or a quarter with NEON.
_ROWS = 12 if _FEATURES.get("avx512f") else 6
# Vectors of columns that are computed together of a lone row, whose sums would else wait for one another.
_ABREAST = 4

_FLOAT, _LONG, _INT = ir.FloatType(), ir.IntType(64), ir.IntType(32)
_VECTOR = ir.VectorType(_FLOAT, LANES)


class _Lanes(types.Type):
    """Numba's type of a vector."""

    def __init__(self):
        super().__init__(name="Lanes")


_lanes = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    """A vector is a value of LLVM's, which may stay in registers."""

    def __init__(self, manager, kind):
        super().__init__(manager, kind, _VECTOR)


def _at(builder: Any, address: Any, kind: ir.Type = _VECTOR) -> Any:
    return builder.inttoptr(address, kind.as_pointer())


def _splat(builder: Any, value: Any) -> Any:
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(_INT, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES))


def _multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    name = f"llvm.fma.v{LANES}f32"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


@intrinsic
def load(typingctx, address):
    """The vector at an address."""

    def code(context, builder, signature, args):
        return builder.load(_at(builder, args[0]), align=4)

    return _lanes(types.int64), code


@intrinsic
def store(typingctx, address, value):
    """Put a vector at an address."""

    def code(context, builder, signature, args):
        builder.store(args[1], _at(builder, args[0]), align=4)
        return context.get_dummy_value()

    return types.void(types.int64, _lanes), code


@intrinsic
def load_one(typingctx, address):
    """The number at an address."""

    def code(context, builder, signature, args):
        return builder.load(_at(builder, args[0], _FLOAT), align=4)

    return types.float32(types.int64), code


@intrinsic
def store_one(typingctx, address, value):
    """Put a number at an address."""

    def code(context, builder, signature, args):
        builder.store(args[1], _at(builder, args[0], _FLOAT), align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.float32), code


@intrinsic
def splat(typingctx, value):
    """A vector of sixteen times the same number."""

    def code(context, builder, signature, args):
        return _splat(builder, args[0])

    return _lanes(types.float32), code


@intrinsic
def multiply_add(typingctx, a, b, c):
    """``a * b + c``, rounded once."""

    def code(context, builder, signature, args):
        return _multiply_add(builder, *args)

    return _lanes(_lanes, _lanes, _lanes), code


def _bound(sign: str) -> Any:
    @intrinsic
    def bounded(typingctx, a, bound):
        """The first, or the bound where the first goes beyond it."""

        def code(context, builder, signature, args):
            return builder.select(builder.fcmp_ordered(sign, *args), args[1], args[0])

        return _lanes(_lanes, _lanes), code

    return bounded


# What is not a number stays so.
at_most, at_least = _bound(">"), _bound("<")


@intrinsic
def where_positive(typingctx, a, b):
    """`b` where `a` is greater than zero, else zero."""

    def code(context, builder, signature, args):
        zero = ir.Constant(_VECTOR, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered(">", args[0], zero), args[1], zero)

    return _lanes(_lanes, _lanes), code


def _binary(sign: Any, instruction: str) -> None:
    @intrinsic
    def compute(typingctx, a, b):
        def code(context, builder, signature, args):
            return getattr(builder, instruction)(*args)

        return _lanes(_lanes, _lanes), code

    @overload(sign)
    def of_lanes(a, b):
        if isinstance(a, _Lanes) and isinstance(b, _Lanes):
            return lambda a, b: compute(a, b)
        return None


_binary(operator.add, "fadd")
_binary(operator.sub, "fsub")
_binary(operator.mul, "fmul")
_binary(operator.truediv, "fdiv")


def _sums(
    builder: Any,
    n_rows: int,
    n_panels: int,
    steps: list[Any],
    out: Any,
    out_row: Any,
    first: Any,
    first_row: Any,
    *terms: Any,
) -> None:
    """Code of products of so many rows and panels; the sums stay in registers until the end.

    `steps` are the bytes from a panel of `out`, of `first`, and of the right sides to the next.
    """

    def along(start, step, i):
        return builder.add(start, builder.mul(step, ir.Constant(_LONG, i)))

    def places(start, row, panel):
        return [along(along(start, row, i), panel, j) for i in range(n_rows) for j in range(n_panels)]

    of_out, of_first, *of_right = steps
    sums = [cgutils.alloca_once(builder, _VECTOR) for _ in range(n_rows * n_panels)]
    for place, total in zip(places(first, first_row, of_first), sums, strict=True):
        builder.store(builder.load(_at(builder, place), align=4), total)
    for (left, left_row, left_step, count, right, right_step), panel in zip(
        (terms[:6], terms[6:]), of_right, strict=True
    ):
        rows = [along(left, left_row, i) for i in range(n_rows)]
        columns = [along(right, panel, j) for j in range(n_panels)]
        with cgutils.for_range(builder, count) as loop:
            here, there = builder.mul(loop.index, left_step), builder.mul(loop.index, right_step)
            vectors = [builder.load(_at(builder, builder.add(c, there)), align=4) for c in columns]
            numbers = (
                _splat(builder, builder.load(_at(builder, builder.add(row, here), _FLOAT))) for row in rows
            )
            pairs = ((number, vector) for number in numbers for vector in vectors)
            for (number, vector), total in zip(pairs, sums, strict=True):
                builder.store(_multiply_add(builder, number, vector, builder.load(total)), total)
    for place, total in zip(places(out, out_row, of_out), sums, strict=True):
        builder.store(builder.load(total), _at(builder, place), align=4)


@intrinsic
def _tile(typingctx, n, out, out_row, first, first_row, a, a_row, a_step, n_a, b, b_step, c, c_row, c_step, n_c, d, d_step):  # fmt: skip # noqa: E501
    """:func:`product` for at most `_ROWS` rows."""

    def code(context, builder, signature, args):
        for n_rows in range(_ROWS, 0, -1):
            chosen = builder.icmp_signed("==", args[0], ir.Constant(_LONG, n_rows))
            with builder.if_then(chosen, likely=n_rows == _ROWS):
                _sums(builder, n_rows, 1, [ir.Constant(_LONG, 0)] * 4, *args[1:])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 17), code


@intrinsic
def _abreast(typingctx, out, first, a, a_step, n_a, b, b_step, b_panel, c, c_step, n_c, d, d_step, d_panel):
    """:func:`product_of_row` for `_ABREAST` panels."""

    def code(context, builder, signature, args):
        out, first, a, a_step, n_a, b, b_step, b_panel, c, c_step, n_c, d, d_step, d_panel = args
        none, side = ir.Constant(_LONG, 0), ir.Constant(_LONG, 4 * LANES)
        _sums(
            builder, 1, _ABREAST, [side, side, b_panel, d_panel], out, none, first, none,
            a, none, a_step, n_a, b, b_step, c, none, c_step, n_c, d, d_step,
        )  # fmt: skip
        return context.get_dummy_value()

    return types.void(*[types.int64] * 14), code


@njit(nogil=True)
def product(n, out, out_row, first, first_row, a, a_row, a_step, n_a, b, b_step, c, c_row, c_step, n_c, d, d_step):  # fmt: skip # noqa: E501
    """``out[i] = first[i] + sum_k a[i, k] b[k] + sum_k c[i, k] d[k]`` for n rows of 16 columns.

    Addresses, each with the bytes from one row, and from one summand, to the next; `n_a` and `n_c`
    summands. `first` may be `out`.
    """
    for i in range(0, n, _ROWS):
        here, begin, left, other = out + i * out_row, first + i * first_row, a + i * a_row, c + i * c_row
        _tile(
            min(n - i, _ROWS), here, out_row, begin, first_row,
            left, a_row, a_step, n_a, b, b_step, other, c_row, c_step, n_c, d, d_step,
        )  # fmt: skip


@njit(nogil=True)
def product_of_row(
    n_panels, out, first, a, a_step, n_a, b, b_step, b_panel, c, c_step, n_c, d, d_step, d_panel
):  # fmt: skip
    """:func:`product` of one row by several panels of 16 columns, with the same bits.

    `b_panel` and `d_panel` are bytes from one panel of a right side to the next; columns of `out` and
    `first` lie side by side.
    """
    whole = n_panels - n_panels % _ABREAST
    for j in range(0, whole, _ABREAST):
        at, left, right = 4 * LANES * j, b + j * b_panel, d + j * d_panel
        _abreast(
            out + at, first + at, a, a_step, n_a, left, b_step, b_panel,
            c, c_step, n_c, right, d_step, d_panel,
        )  # fmt: skip
    for j in range(whole, n_panels):
        at, left, right = 4 * LANES * j, b + j * b_panel, d + j * d_panel
        product(
            1, out + at, 0, first + at, 0, a, 0, a_step, n_a, left, b_step, c, 0, c_step, n_c, right, d_step
        )
