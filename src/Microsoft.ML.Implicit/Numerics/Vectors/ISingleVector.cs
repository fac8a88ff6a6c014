using System.Numerics;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>A vector of numbers in float32, so that a kernel is written once for vectors of all widths.</summary>
/// <remarks>Widths do not change results: each number is rounded as it would be alone.</remarks>
internal unsafe interface ISingleVector<TSelf> :
    IAdditionOperators<TSelf, TSelf, TSelf>,
    ISubtractionOperators<TSelf, TSelf, TSelf>,
    IMultiplyOperators<TSelf, TSelf, TSelf>,
    IDivisionOperators<TSelf, TSelf, TSelf>,
    IUnaryNegationOperators<TSelf, TSelf>
    where TSelf : unmanaged, ISingleVector<TSelf>
{
    /// <summary>How many numbers it holds.</summary>
    static abstract int Count { get; }

    /// <summary>A vector of one number.</summary>
    static abstract TSelf Create(float value);

    static abstract TSelf Load(float* source);

    /// <summary>a b + c, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>The smaller of two numbers; NaN where the value is NaN.</summary>
    static abstract TSelf Min(TSelf bound, TSelf value);

    /// <summary>The larger of two numbers; NaN where the value is NaN.</summary>
    static abstract TSelf Max(TSelf bound, TSelf value);

    static abstract TSelf Abs(TSelf value);

    static abstract TSelf Exp(TSelf value);

    static abstract TSelf Log(TSelf value);

    /// <summary>One of two numbers, by whether a third is greater than zero.</summary>
    static abstract TSelf WherePositive(TSelf condition, TSelf positive, TSelf other);

    static abstract float Sum(TSelf value);

    void Store(float* destination);
}
