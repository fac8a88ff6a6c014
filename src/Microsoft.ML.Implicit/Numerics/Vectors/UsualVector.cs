using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>As many numbers as the runtime's vectors of variable width hold, mostly eight.</summary>
internal readonly unsafe struct UsualVector : ISingleVector<UsualVector>
{
    private readonly Vector<float> _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private UsualVector(Vector<float> value) => _value = value;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector<float>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector operator +(UsualVector left, UsualVector right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector operator -(UsualVector left, UsualVector right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector operator *(UsualVector left, UsualVector right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector operator /(UsualVector left, UsualVector right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector operator -(UsualVector value) => new(-value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector Create(float value) => new(Vector.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector Load(float* source) => new(Vector.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector FusedMultiplyAdd(UsualVector a, UsualVector b, UsualVector c) => new(Vector.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector Min(UsualVector bound, UsualVector value) => new(Vector.MinNative(bound._value, value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector Max(UsualVector bound, UsualVector value) => new(Vector.MaxNative(bound._value, value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector Abs(UsualVector value) => new(Vector.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector Exp(UsualVector value) => new(Vector.Exp(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector Log(UsualVector value) => new(Vector.Log(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UsualVector WherePositive(UsualVector condition, UsualVector positive, UsualVector other) =>
        new(Vector.ConditionalSelect(Vector.GreaterThan(condition._value, Vector<float>.Zero), positive._value, other._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(UsualVector value) => Vector.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _value.Store(destination);
}
