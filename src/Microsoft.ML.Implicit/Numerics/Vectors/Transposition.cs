using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Transposes a square block of a matrix in registers.</summary>
internal static unsafe class Transposition
{
    /// <summary>Rows and columns of a block.</summary>
    public const int Size = 4;

    /// <summary>destination[j, i] = source[i, j].</summary>
    /// <param name="source">The first number of the block.</param>
    /// <param name="sourceStride">Floats from one of its rows to the next.</param>
    /// <param name="destination">Receives the first number of the transposed block.</param>
    /// <param name="destinationStride">Floats from one of its rows to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        if (!Sse.IsSupported)
        {
            ApplyOneByOne(source, sourceStride, destination, destinationStride);
            return;
        }

        Vector128<float> a = Vector128.Load(source), b = Vector128.Load(source + sourceStride);
        Vector128<float> c = Vector128.Load(source + (2 * sourceStride)), d = Vector128.Load(source + (3 * sourceStride));
        Vector128<float> lowAb = Sse.UnpackLow(a, b), lowCd = Sse.UnpackLow(c, d), highAb = Sse.UnpackHigh(a, b), highCd = Sse.UnpackHigh(c, d);
        Sse.MoveLowToHigh(lowAb, lowCd).Store(destination);
        Sse.MoveHighToLow(lowCd, lowAb).Store(destination + destinationStride);
        Sse.MoveLowToHigh(highAb, highCd).Store(destination + (2 * destinationStride));
        Sse.MoveHighToLow(highCd, highAb).Store(destination + (3 * destinationStride));
    }

    private static void ApplyOneByOne(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        for (int i = 0; i < Size; i++)
        {
            for (int j = 0; j < Size; j++)
            {
                destination[(j * destinationStride) + i] = source[(i * sourceStride) + j];
            }
        }
    }
}
