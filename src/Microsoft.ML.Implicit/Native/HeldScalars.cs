using TorchSharp;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Numbers as arguments of native calls.</summary>
/// <remarks>
/// A <see cref="Scalar"/> converted in place, as in <c>x * 2.0</c>, is garbage as soon as its handle is read, and a collection
/// started by another thread frees it while native code still uses it. Each thread therefore holds on to the last few; a call
/// takes at most three, and a thread makes one call at a time. The implicit conversions are banned (BannedSymbols.txt).
/// </remarks>
internal static class HeldScalars
{
    private const int Count = 8;

    [ThreadStatic]
    private static Scalar[]? _held;

    [ThreadStatic]
    private static int _next;

    /// <summary>The number as a scalar that outlives the next call.</summary>
    public static Scalar Held(this double value) => Hold(value.ToScalar());

    /// <inheritdoc cref="Held(double)"/>
    public static Scalar Held(this float value) => Hold(value.ToScalar());

    /// <inheritdoc cref="Held(double)"/>
    public static Scalar Held(this long value) => Hold(value.ToScalar());

    /// <inheritdoc cref="Held(double)"/>
    public static Scalar Held(this int value) => Hold(value.ToScalar());

    private static Scalar Hold(Scalar scalar)
    {
        Scalar[] held = _held ??= new Scalar[Count];
        held[_next] = scalar;
        _next = (_next + 1) % Count;
        return scalar;
    }
}
